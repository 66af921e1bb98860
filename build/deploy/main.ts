import { execa } from "execa";
import { findProgram } from "../process.ts";
import { fail, ROOT } from "../root.ts";
import { readDeployment } from "./options.ts";
import { endOf, overviewOf } from "./overview.ts";
import { planOf } from "./plan.ts";
import { scriptOf } from "./script.ts";

// Cloudflare's builds run this script of package.json for the "Deploy to Cloudflare" button.
if (process.env["WORKERS_CI"] === "1") {
  const { exitCode = 1 } = await execa("wrangler", ["deploy"], { cwd: ROOT, preferLocal: true, stdio: "inherit", reject: false });
  process.exit(exitCode);
}

const { deployment, action, dryRun } = readDeployment();
const plan = planOf(deployment, `v${new Date().toISOString().replace(/\D/g, "")}`, action);
const script = scriptOf(plan, endOf(deployment, action));
if (dryRun) {
  console.log(`${overviewOf(deployment, plan, action)}\n\n${script}`);
} else {
  for (const [program, url] of [
    ["bash", "on Windows: WSL, or https://shell.cloud.google.com"],
    ["gcloud", "the Google Cloud CLI: https://cloud.google.com/sdk/docs/install"],
  ] as const)
    if (findProgram(program) === null) fail(`${program} is not in PATH; install ${url}`);
  const { exitCode = 1 } = await execa("bash", ["-c", script], {
    cwd: ROOT,
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
    reject: false,
  });
  process.exitCode = exitCode;
}
