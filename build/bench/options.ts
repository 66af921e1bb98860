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
  /** How often the soak switches from REST to gRPC, and stops a server; how long its load lasts. */
  readonly switches: number;
  readonly stops: number;
  readonly minutes: number;
  /** The commit to compare with. */
  readonly against: string | undefined;
}

const HELP = `npm run bench [-- ${PARTS.join("|")} …] [-- options]      without a part: all but soak, one after the other

  size    what each output is made of, by package; raw, minified, gzip, brotli; the image by layer, where there is one
  cold    from starting a process to its first answer, and to its first counted visit
  load    counting on one hot page: throughput, latency, entity writes per visit; next to peers
  reload  from an edit to the change served, and npm run dev to its first answer; next to wrangler dev
  soak    what must hold every time: REST to gRPC under load, SIGTERM under load, memory under a long load

  --against REF  compares size, cold and load with another commit, both in turn, and says what moved beyond noise
  --rounds N    rounds of load, in alternating order (3)
  --seconds N   how long each load lasts (3)
  --starts N    starts of each subject in cold (25)
  --switches N  of soak (3); at full size 100
  --stops N     of soak (3); at full size 50
  --minutes N   of soak's long load (1); at full size 10; 0 leaves one out
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
    parts: parts.length > 0 ? parts : PARTS.filter((part) => part !== "soak"),
    rounds: number("rounds", values.rounds),
    seconds: number("seconds", values.seconds),
    starts: number("starts", values.starts),
    switches: number("switches", values.switches, 0),
    stops: number("stops", values.stops, 0),
    minutes: number("minutes", values.minutes, 0),
    against: values.against,
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
        switches: { type: "string", default: "3" },
        stops: { type: "string", default: "3" },
        minutes: { type: "string", default: "1" },
        against: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return fail(`${(error as Error).message} See npm run bench -- --help.`);
  }
}

function number(name: string, text: string, least = 1): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : -1;
  return value >= least ? value : fail(`--${name} is "${text}"; allowed is a whole number from ${least} to 9999.`);
}
