import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, type Running, start, waitForPort } from "../build/process.ts";
import { ROOT } from "../build/root.ts";

const exec = promisify(execFile);
/** A route as every Hono developer writes one. */
const ROUTE =
  'app.get("/v1/hello/:who", (c) => { c.header("X-Hello", "1"); return c.json({ who: c.req.param("who"), name: c.req.query("name"), agent: c.req.header("x-agent") ?? null }); });';
const START_MS = 60_000;

describe("an ordinary Hono route that is added to src/app.ts and nowhere else", () => {
  let copy: string;
  const running: Running[] = [];

  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), "footfall-contributor-"));
    for (const name of ["src", "build", "package.json", "package-lock.json", "tsconfig.json", "wrangler.toml"]) {
      await cp(join(ROOT, name), join(copy, name), { recursive: true });
    }
    await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
    const app = join(copy, "src", "app.ts");
    const source = await readFile(app, "utf8");
    await writeFile(app, source.replace("  return app;", `  ${ROUTE}\n  return app;`));
  });

  afterAll(async () => {
    await Promise.all(running.map((one) => one.stop()));
    await rm(copy, { recursive: true, force: true });
  });

  async function answers(program: string, args: readonly string[], env: Record<string, string>): Promise<void> {
    const port = await freePort();
    const expanded = args.map((arg) => arg.replace("PORT", String(port)));
    const one = start(program, expanded, { cwd: copy, env: { PATH: process.env["PATH"] ?? "", PORT: String(port), CI: "true", ...env } });
    running.push(one);
    await waitForPort(port, one, START_MS);
    const response = await fetch(`http://127.0.0.1:${port}/v1/hello/world?name=Ada%20L`, { headers: { "X-Agent": "test" } });
    expect(response.headers.get("x-hello")).toBe("1");
    expect(response.headers.get("x-request-id")).toBeTruthy();
    expect(await response.json()).toEqual({ who: "world", name: "Ada L", agent: "test" });
    const refused = await fetch(`http://127.0.0.1:${port}/v1/hello/world`, { method: "PUT" });
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
  }

  test("passes the types", async () => {
    for (const project of [".", "src", "src/platform/workerd"])
      await exec(join(ROOT, "node_modules/.bin/tsc"), ["-p", project], { cwd: copy });
  });

  test("is built within the budgets", async () => {
    const { stdout } = await exec(process.execPath, ["build/bundle.ts"], { cwd: copy });
    expect(stdout).toContain("built into dist/");
  });

  test("answers in npm start", () =>
    answers(process.execPath, ["build/start.ts"], { STORE: "sqlite", SQLITE_PATH: join(copy, "data", "visits.sqlite") }));

  test("answers in npm run dev", () => answers(process.execPath, ["build/dev.ts"], {}));

  test("answers in wrangler dev on the built worker", () =>
    answers(process.execPath, [join(ROOT, "node_modules/wrangler/bin/wrangler.js"), "dev", "--port", "PORT", "--var", "SITES:*"], {
      WRANGLER_SEND_METRICS: "false",
    }));
});
