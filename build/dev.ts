import { flushCompileCache } from "node:module";
import { parseArgs } from "node:util";
import { fail, readPort } from "./root.ts";

const HELP = `npm run dev [-- options]      the service under workerd, reloaded at each edit

  --sample      fills the dashboard with plausible visits
  --datastore   counts in Datastore's emulator: that of DATASTORE_EMULATOR_HOST, else one of its own
  --inspect     opens workerd's inspector on port 9229
  --help

PORT is where to listen (8787); the sample website listens one above, or on a port that is free.`;
const DEFAULT_PORT = 8787;
const FLUSH_AFTER_MS = 3_000;

/** What the command line and the environment ask for. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        sample: { type: "boolean", default: false },
        datastore: { type: "boolean", default: false },
        inspect: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    return fail(`${(error as Error).message} See npm run dev -- --help.`);
  }
}

const options = readOptions();
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const { startLoop } = await import("./dev/loop.ts");
await startLoop({ ...options, port: readPort(DEFAULT_PORT) }).catch((error: Error) => fail(error.message));
// What is compiled is kept where package.json says (Miniflare alone is 4 MB of source):
// with what has been compiled on the way, so that the next start is faster, however this one ends.
setTimeout(flushCompileCache, FLUSH_AFTER_MS).unref();
