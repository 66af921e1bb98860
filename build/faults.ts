import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { buildOrFail } from "./bundle.ts";
import { FINDINGS_FILE, type Finding } from "./findings.ts";
import { readOptions } from "./options.ts";
import { runShown } from "./process.ts";
import { ROOT } from "./root.ts";
import { isStale, SERVER } from "./server.ts";
import { table } from "./size.ts";
import { grouped } from "./statistics.ts";

const SUITES = ["test/faults", "test/fuzz"];
const SUFFIX = ".test.ts";

/** Each scenario's file, by its name. */
const scenarios = new Map(
  SUITES.flatMap((folder) => readdirSync(join(ROOT, folder)).map((file) => join(folder, file)))
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => [basename(file, SUFFIX), file]),
);

/** `npm run faults`: every scenario, or those named, at full length, on what is in `dist/`; then a table of what was found. */
async function main(): Promise<void> {
  const { positionals } = readOptions({
    name: "npm run faults --",
    about: "Runs every fault scenario, or those named, at full length, and prints what was sent, answered and counted.",
    options: {},
    positionals: { name: "scenario", oneOf: [...scenarios.keys()] },
  });
  const files = [...scenarios].filter(([name]) => positionals.length === 0 || positionals.includes(name)).map(([, file]) => file);
  if (!existsSync(SERVER) || isStale()) await buildOrFail();
  rmSync(FINDINGS_FILE, { force: true });
  const options = ["--disable-console-intercept=true", "--config", "test/vitest.config.ts"];
  const exitCode = await runShown("vitest", ["run", ...options, ...files], { FAULTS: "full" });
  print();
  process.exitCode = exitCode === 0 ? 0 : 1;
}

function print(): void {
  const findings: Finding[] = existsSync(FINDINGS_FILE)
    ? readFileSync(FINDINGS_FILE, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line))
    : [];
  const rows = findings.map(({ scenario, sent, answered, counted, holds }) => {
    return [scenario, grouped(sent), grouped(answered), grouped(counted), holds ? "holds" : "FAILS"];
  });
  console.log(`\n${table([["", "sent", "answered", "counted", "verdict"], ...rows])}\n`);
  for (const { scenario, goal, figures } of findings) console.log(`${scenario}: ${goal}${figures ? `; ${figures}` : ""}.`);
}

await main();
