import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildAndReport } from "./bundle.ts";
import { check } from "./check.ts";
import { runShown } from "./process.ts";
import { DIST, ROOT, shown } from "./root.ts";

/** What is used of vitest's JSON report. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly ancestorTitles: readonly string[]; readonly title: string; readonly status: string }[];
  }[];
}

/** How a suite's name says why it is skipped; test/support/skip.ts writes it. */
const REASON = /^(?<suite>.*) \(skipped: (?<reason>.*)\)$/;
const REPORT = join(DIST, "test", "report.json");
/** Suites start hundreds of commands: with what Node made of their sources, each takes a third of the time. */
const COMPILE_CACHE = join(ROOT, "node_modules", ".cache", "footfall-test");

/**
 * `npm test`: checks, build, every suite that this machine can run, whatever failed before. With `--quick` types, lint and the suites that
 * need no build, browser, emulator or container. Other arguments go to vitest.
 */
async function main(quick: boolean, args: readonly string[]): Promise<void> {
  const problems = (await check(quick)).map((name) => `check: ${name}`);
  if (!quick) problems.push(...(await buildAndReport()).map((problem) => `build: ${problem}`));
  rmSync(REPORT, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${REPORT}`];
  const options = ["--config", "test/vitest.config.ts", ...reporters, ...(quick ? ["--project", "quick"] : [])];
  const exitCode = await runShown("vitest", ["run", ...options, ...args], { NODE_COMPILE_CACHE: COMPILE_CACHE });
  const report = read();
  const tests = report.testResults.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: shown(file.name) })));
  const failed = tests.filter((test) => test.status === "failed").length;
  const passed = tests.filter((test) => test.status === "passed").length;
  const skipped = tests.filter((test) => test.status !== "failed" && test.status !== "passed");

  // A file that does not load has no test that failed.
  for (const file of report.testResults) {
    const blamed = file.assertionResults.some((test) => test.status === "failed");
    if (file.status === "failed" && !blamed) problems.push(`${shown(file.name)}: ${file.message.split("\n", 1)[0]}`);
  }
  if (exitCode !== 0 && failed + problems.length === 0)
    problems.push("vitest: an error outside of the tests, or no test at all; see above");
  const unexplained = printSkipped(skipped);
  if (process.env["CI"] && args.length === 0) problems.push(...unexplained.map((name) => `skipped without a reason: ${name}`));
  for (const problem of problems) console.log(`FAILED  ${problem}`);
  console.log(`${passed} passed, ${failed + problems.length} failed, ${skipped.length} skipped`);
  process.exitCode = failed + problems.length > 0 ? 1 : 0;
}

function read(): Report {
  try {
    return JSON.parse(readFileSync(REPORT, "utf8"));
  } catch (error) {
    console.log(`vitest left no report: ${(error as Error).message}`);
    return { testResults: [] };
  }
}

/** Lists every suite that was skipped with its reason, and answers the tests that have none. */
function printSkipped(tests: readonly { file: string; ancestorTitles: readonly string[]; title: string }[]): string[] {
  const suites = new Map<string, number>();
  const unexplained: string[] = [];
  for (const { file, ancestorTitles, title } of tests) {
    const suite = ancestorTitles.map((name) => REASON.exec(name)?.groups).find((groups) => groups !== undefined);
    if (suite) {
      const line = `${file}: ${suite["suite"]}: ${suite["reason"]}`;
      suites.set(line, (suites.get(line) ?? 0) + 1);
    } else unexplained.push(`${file}: ${[...ancestorTitles, title].join(" > ")}`);
  }
  for (const [line, count] of suites) console.log(`skipped ${count}: ${line}`);
  for (const name of unexplained) console.log(`skipped: ${name}: no reason given`);
  return unexplained;
}

const args = process.argv.slice(2);
await main(
  args.includes("--quick"),
  args.filter((arg) => arg !== "--quick"),
);
