import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FINDINGS_FILE, type Finding } from "../test/faults/findings.ts";
import { buildOrFail } from "./bundle.ts";
import { fail, ROOT } from "./root.ts";
import { SERVER } from "./server.ts";
import { table } from "./size.ts";

const SUITES = ["test/faults", "test/fuzz"];
const SUFFIX = ".test.ts";

/** Every scenario's name and file. */
const scenarios = new Map(
  SUITES.flatMap((folder) => readdirSync(join(ROOT, folder)).map((file) => [file.replace(SUFFIX, ""), join(folder, file)] as const)).filter(
    ([, file]) => file.endsWith(SUFFIX),
  ),
);

/** `npm run faults`: every scenario, or those named, at full length, on what is in `dist/`; then a table of what was found. */
async function main(names: readonly string[]): Promise<void> {
  if (names.includes("--help"))
    return console.log(`npm run faults [-- ${[...scenarios.keys()].join("|")} …]      every scenario, or those named, at full length`);
  const files = (names.length > 0 ? names : [...scenarios.keys()]).map(
    (name) => scenarios.get(name) ?? fail(`The scenario is "${name}"; allowed are ${[...scenarios.keys()].join(", ")}.`),
  );
  if (!existsSync(SERVER)) await buildOrFail();
  rmSync(FINDINGS_FILE, { force: true });
  const vitest = [
    join(ROOT, "node_modules", "vitest", "vitest.mjs"),
    "run",
    "--disable-console-intercept=true",
    "--config",
    "test/vitest.config.ts",
  ];
  const { status } = spawnSync(process.execPath, [...vitest, ...files], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, FAULTS: "full" },
  });
  print();
  process.exitCode = status === 0 ? 0 : 1;
}

function print(): void {
  const findings: Finding[] = existsSync(FINDINGS_FILE)
    ? readFileSync(FINDINGS_FILE, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line))
    : [];
  const number = (value: number) => value.toLocaleString("en-US");
  const rows = findings.map(({ scenario, sent, answered, counted, holds }) => {
    return [scenario, number(sent), number(answered), number(counted), holds ? "holds" : "FAILS"];
  });
  console.log(`\n${table([["", "sent", "answered", "counted", "verdict"], ...rows])}\n`);
  for (const { scenario, goal, figures } of findings) console.log(`${scenario}: ${goal}${figures ? `; ${figures}` : ""}.`);
}

await main(process.argv.slice(2));
