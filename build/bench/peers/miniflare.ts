import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Miniflare } from "miniflare";
import { DIST } from "../../root.ts";
import { miniflareOptions } from "../../workerd.ts";

/** The built worker under Miniflare, as `npm run dev` has it, without building. */
const script = readFileSync(join(DIST, "worker", "index.js"), "utf8");
const persist = mkdtempSync(join(tmpdir(), "footfall-bench-"));
await new Miniflare(miniflareOptions({ script, vars: { SITES: "*" }, persist, port: Number(process.env["PORT"]) })).ready;
