import { parseArgs } from "node:util";
import { fail } from "../root.ts";
import { PARTS, type Part } from "./result.ts";

/** What the command line asks for. */
export interface Options {
  readonly parts: readonly Part[];
  /** Rounds of the load; the order of what is measured turns around in each. */
  readonly rounds: number;
  /** How long each load lasts. */
  readonly seconds: number;
  /** Starts of each subject. */
  readonly starts: number;
}

const HELP = `npm run bench [-- ${PARTS.join("|")} …] [-- options]      without a part: all, one after the other

  size    what each output is made of, by package; raw, minified, gzip, brotli; the image by layer, where there is one
  cold    from starting a process to its first answer, and to its first counted visit
  load    counting on one hot page: throughput, latency, entity writes per visit; next to peers
  reload  from an edit to the change served, and npm run dev to its first answer; next to wrangler dev

  --rounds N    rounds of load, in alternating order (3)
  --seconds N   how long each load lasts (3)
  --starts N    starts of each subject in cold (25)
  --help

Figures are ratios between what ran in one run on one machine; keep it otherwise idle. The load comes from wrk where it is
installed, else from autocannon. Datastore is Google's emulator: the one of DATASTORE_EMULATOR_HOST, else one of the bench's own.
A table ends each part; dist/bench/ gets results.json and report.html, a page that needs nothing else.`;

/** Reads the command line; ends the process where it asks for help, or for what there is not. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const parts = positionals.map(
    (name) => PARTS.find((part) => part === name) ?? fail(`The part is "${name}"; allowed are ${PARTS.join(", ")}.`),
  );
  return {
    parts: parts.length > 0 ? parts : PARTS,
    rounds: positive("rounds", values.rounds),
    seconds: positive("seconds", values.seconds),
    starts: positive("starts", values.starts),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        rounds: { type: "string", default: "3" },
        seconds: { type: "string", default: "3" },
        starts: { type: "string", default: "25" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return fail(`${(error as Error).message} See npm run bench -- --help.`);
  }
}

function positive(name: string, text: string): number {
  return /^[1-9]\d{0,3}$/.test(text) ? Number(text) : fail(`--${name} is "${text}"; allowed is a whole number from 1 to 9999.`);
}
