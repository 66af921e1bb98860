import { findProgram } from "../process.ts";
import { fail } from "../root.ts";
import { readDeployment } from "./options.ts";
import { planOf } from "./plan.ts";
import { runPlan, StepError } from "./run.ts";
import { type Step, shown } from "./step.ts";

async function main(): Promise<void> {
  const { deployment, dryRun } = readDeployment();
  const plan = planOf(deployment, releaseOf(new Date()));
  if (dryRun) return console.log(scriptOf(plan));
  if (findProgram("gcloud") === null)
    fail("gcloud is not in PATH; install the Google Cloud CLI: https://cloud.google.com/sdk/docs/install");
  const saved = await runPlan(plan);
  const url = `https://${saved.get("GATEWAY_HOST")}`;
  console.log(`
The service answers at ${url} (a new gateway takes a few minutes). For your pages:

  <script async src="${url}/embed.js"></script>
  <span data-visits></span>

The API key, for the dashboard, import and export:

  gcloud services api-keys get-key-string ${deployment.service}-admin --project=${deployment.project} --format='value(keyString)'

Does it do what it promises?  npm run smoke -- ${url}`);
}

/** The plan as a script that stops at the first step that fails. */
function scriptOf(plan: readonly Step[]): string {
  const steps = plan.map((step, index) => `# ${index + 1}/${plan.length}  ${step.title}\n${shown(step)}`);
  return ["set -eu", ...steps, 'echo "The service answers at https://$GATEWAY_HOST"'].join("\n\n");
}

/** The time, in what the name of an API config may hold. */
function releaseOf(time: Date): string {
  return time.toISOString().replace(/\D/g, "");
}

await main().catch((error: Error) => {
  if (!(error instanceof StepError)) throw error;
  fail(`\n${error.message}\nThen run the same command again: it goes on from there.`);
});
