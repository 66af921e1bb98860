import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { readOptions } from "./options.ts";
import { fail, ROOT, readPort } from "./root.ts";

const DEFAULT_PORT = 8787;

const { values } = readOptions({
  name: "npm run dev --",
  about: "Runs the service under workerd, and serves each edit at once.",
  options: {
    sample: { help: "fills the dashboard with sample visits" },
    datastore: { help: "counts in Datastore's emulator: that of DATASTORE_EMULATOR_HOST, else one of its own" },
    inspect: { help: "opens workerd's inspector on port 9229" },
  },
  notes: `PORT is where to listen (${DEFAULT_PORT}); the sample website listens on the next port, or on a free one.`,
});
// Miniflare is 4 MB of JavaScript: from the second start on, V8 need not compile it again.
enableCompileCache(join(ROOT, "node_modules", ".cache", "footfall-dev"));
const { startLoop } = await import("./dev/loop.ts");
await startLoop({ ...values, port: readPort(DEFAULT_PORT) }).catch((error: Error) => fail(error.message));
