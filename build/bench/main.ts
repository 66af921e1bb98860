import { existsSync } from "node:fs";
import { buildOrFail } from "../bundle.ts";
import { fail, shown } from "../root.ts";
import { SERVER } from "../server.ts";
import { compare } from "./against.ts";
import { benchCold } from "./cold.ts";
import { benchLoad } from "./load.ts";
import { describeMachine } from "./machine.ts";
import { type Options, readOptions } from "./options.ts";
import { benchReload } from "./reload.ts";
import { print, save } from "./report.ts";
import type { Part, Result } from "./result.ts";
import { benchSize } from "./size.ts";
import { benchSoak } from "./soak.ts";

const BENCHES: Record<Part, (options: Options) => Promise<Result>> = {
  size: benchSize,
  cold: benchCold,
  load: benchLoad,
  reload: benchReload,
  soak: benchSoak,
};

const options = readOptions(process.argv.slice(2));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
const machine = describeMachine();
if (options.against !== undefined) {
  await compare(options.against, options);
  process.exit();
}
if (!existsSync(SERVER)) await buildOrFail();
const results: Result[] = [];
for (const part of options.parts) {
  const result = await BENCHES[part](options).catch((error: Error) => fail(`\n${part}: ${error.stack ?? error.message}`));
  results.push(result);
  print(result);
}
console.log(`\n${(await save(machine, results)).map(shown).join("\n")}`);
