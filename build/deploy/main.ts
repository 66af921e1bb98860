import { findProgram, runShown } from "../process.ts";
import { fail } from "../root.ts";
import { readDeployment } from "./options.ts";
import { endOf, overviewOf } from "./overview.ts";
import { planOf } from "./plan.ts";
import { scriptOf } from "./script.ts";

// Cloudflare's builds run this script of package.json for the "Deploy to Cloudflare" button.
if (process.env["WORKERS_CI"] === "1") process.exit(await runShown("wrangler", ["deploy"]));

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
  process.exitCode = await runShown("bash", ["-c", script]);
}
