// Fills the heap, lets go of it and waits, while tidyWhenQuiet looks fifty times as often as it does. Prints the heap, in MB, before and
// after, and whether V8 refuses then what it compiled before.
import { setTimeout as sleep } from "node:timers/promises";
import { Script } from "node:vm";
import { tidyWhenQuiet } from "../../src/platform/node/tidy.ts";

const FASTER = 50;
const OBJECTS = 2_000_000;
const STEPS = 100;
const STEP_MS = 50;
const SOURCE = "(function () { return 1; })";

const every = globalThis.setInterval;
globalThis.setInterval = ((body: () => void, ms: number) => every(body, ms / FASTER)) as typeof setInterval;
tidyWhenQuiet();

const heapMb = () => Math.round(process.memoryUsage().heapTotal / 2 ** 20);
const cachedData = new Script(SOURCE).createCachedData();
let held: object[] | undefined = Array.from({ length: OBJECTS }, (_, index) => ({ index }));
const before = held.length > 0 ? heapMb() : 0;
held = undefined;
for (let step = 0; step < STEPS && heapMb() >= before / 4; step += 1) await sleep(STEP_MS);
console.log(JSON.stringify({ before, after: heapMb(), refused: new Script(SOURCE, { cachedData }).cachedDataRejected }));
