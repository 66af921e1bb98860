import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildOrFail } from "../bundle.ts";
import { fail, shown } from "../root.ts";
import { SERVER } from "../server.ts";
import { compare } from "./against.ts";
import { benchCold } from "./cold.ts";
import { benchLoad } from "./load.ts";
import { describeMachine } from "./machine.ts";
import { type Options, readOptions } from "./options.ts";
import { print, save } from "./report.ts";
import type { Part, Result } from "./result.ts";
import { benchSize } from "./size.ts";
import { benchSoak } from "./soak.ts";

const BENCHES: Record<Part, (options: Options) => Promise<Result | null>> = {
  size: benchSize,
  cold: benchCold,
  load: benchLoad,
  reload: benchReload,
  soak: benchSoak,
};

/** Measured by the dev loop's own bench. */
async function benchReload(options: Options): Promise<Result | null> {
  const file = join(import.meta.dirname, "reload.ts");
  if (!existsSync(file)) return null;
  const { benchReload: bench } = (await import(file)) as { benchReload: (options: Options) => Promise<Result> };
  return bench(options);
}

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
  if (!result) continue;
  results.push(result);
  print(result);
}
console.log(`\n${(await save(machine, results)).map(shown).join("\n")}`);
