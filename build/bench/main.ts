import { existsSync } from "node:fs";
import { buildOrFail } from "../bundle.ts";
import { readOptions, wholeNumber } from "../options.ts";
import { fail, shown } from "../root.ts";
import { SERVER } from "../server.ts";
import { benchCold } from "./cold.ts";
import { benchLoad } from "./load.ts";
import { describeMachine } from "./machine.ts";
import { benchReload } from "./reload.ts";
import { print, save } from "./report.ts";
import { PARTS, type Part, type Result } from "./result.ts";
import { type Bench, withRun } from "./run.ts";
import { benchScale } from "./scale.ts";
import { benchSize } from "./size.ts";
import { benchSoak } from "./soak.ts";
import { benchVisitors } from "./visitors.ts";

const BENCHES: Record<Part, Bench> = {
  size: benchSize,
  cold: benchCold,
  load: benchLoad,
  visitors: benchVisitors,
  scale: benchScale,
  reload: benchReload,
  soak: benchSoak,
};
const ON_DATASTORE: readonly Part[] = ["cold", "load", "visitors", "scale", "soak"];

const { values, positionals } = readOptions({
  name: "npm run bench --",
  about: `Measures; without a part all but soak, one after the other, on one Datastore emulator.

  size      what each output is made of, by package; raw, minified, gzip, brotli; the image by folder, where there is one
  cold      from starting a process to its first answer, and to its first counted visit
  load      counting on one hot page: throughput, latency, entity writes per visit; next to peers
  visitors  the same with VISITORS=daily, next to VISITORS=off: speed, start, entity writes, bytes
  scale     up to 100 instances on one page, simulated; then few on the emulator, more pages, cost at a steady rate
  reload    from an edit to the change served, and npm run dev to its first answer; next to wrangler dev
  soak      what must hold every time: REST to gRPC under load, SIGTERM under load, memory under a long load`,
  positionals: { name: "part", oneOf: PARTS },
  options: {
    against: { value: "COMMIT", help: "compares size, cold and load with another commit, both in turn, and says what moved beyond noise" },
    rounds: { value: "N", default: "3", help: "rounds of load and visitors, in alternating order", allowed: wholeNumber(1) },
    seconds: { value: "N", default: "3", help: "how long each load lasts", allowed: wholeNumber(1) },
    starts: { value: "N", default: "25", help: "starts of each subject in cold and visitors", allowed: wholeNumber(1) },
    switches: { value: "N", default: "3", help: "of soak; at full size 100", allowed: wholeNumber(0) },
    stops: { value: "N", default: "3", help: "of soak; at full size 50", allowed: wholeNumber(0) },
    full: { help: "simulates a matrix of loads, instances, regions, holds and splits in scale, and outages and bursts: some 20 minutes" },
    minutes: { value: "N", default: "1", help: "of soak's long load; at full size 10; 0 leaves it out", allowed: wholeNumber(0) },
  },
  notes: `Figures are ratios between what ran in one run on one machine; keep it otherwise idle. The load comes from wrk where it is
installed, else from autocannon. Datastore is Google's emulator: the one of DATASTORE_EMULATOR_HOST, else one of the bench's own.
A table ends each part; dist/bench/ gets results.json and report.html, a page that loads nothing else.`,
});
const parts = PARTS.filter((part) => (positionals.length > 0 ? positionals.includes(part) : part !== "soak"));
const number = (name: "rounds" | "seconds" | "starts" | "switches" | "stops" | "minutes") => Number(values[name]);
const options = {
  ...{ rounds: number("rounds"), seconds: number("seconds"), starts: number("starts") },
  full: values.full,
  ...{ switches: number("switches"), stops: number("stops"), minutes: number("minutes") },
};

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
const machine = describeMachine();
const wants = { emulator: parts.some((part) => ON_DATASTORE.includes(part)), against: values.against };
await withRun(options, wants, async (run) => {
  // A comparison is with the sources as they are.
  if (run.earlier !== null || !existsSync(SERVER)) await buildOrFail();
  const results: Result[] = [];
  for (const part of parts) {
    const result = await BENCHES[part](run).catch((error: Error) => fail(`\n${part}: ${error.stack ?? error.message}`));
    results.push(result);
    print(result);
  }
  console.log(`\n${(await save(machine, results)).map(shown).join("\n")}`);
});
