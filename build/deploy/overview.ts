import { costPerMillion, writesPerVisit } from "../bench/cost.ts";
import { grouped } from "../statistics.ts";
import type { Deployment } from "./options.ts";
import type { Action } from "./plan.ts";
import type { Step } from "./step.ts";

const DAYS = 30;
const DAY_S = 86_400;
const VISITS_A_DAY = [10, 1_000, 100_000];

/** A plan for who reads it first, as a script's comment: what is made, what for, and what it costs. */
export function overviewOf({ project, region, guards }: Deployment, plan: readonly Step[], action: Action): string {
  const made = plan.flatMap(({ makes }) => (makes ? [`  - ${makes}`] : []));
  const steps = plan.map(({ title }, index) => `  ${String(index + 1).padStart(2)}. ${title}`);
  const lines = [
    `The plan for project ${project}, region ${region}: ${action}. Nothing was done yet.`,
    ...(made.length > 0 ? ["", "It makes, where it is not there yet:", ...made] : []),
    ...(action === "deploy"
      ? [
          "",
          ...costs(),
          ...(guards
            ? [`  The uptime check asks as well: ${uptimeCost()}.`]
            : ["", "Alerts, a budget and backups: add --with-guards you@example.com."]),
        ]
      : []),
    "",
    "Its steps:",
    ...steps,
    "",
    "The rest is the script that runs: bash, from the project's folder.",
  ];
  return lines.map((text) => `# ${text}`.trimEnd()).join("\n");
}

/** A visit by the script, with an id, on its own: the most that it can cost. */
function costs(): string[] {
  const rows = VISITS_A_DAY.map((visits) => {
    const { sum } = costPerMillion(visits / DAY_S, writesPerVisit(1, 1, true), 1);
    return `  ${grouped(visits).padStart(8)} visits a day: ${((sum * visits * DAYS) / 1e6).toFixed(2).padStart(6)}`;
  });
  return [
    "It costs a month, in US dollars, at most (without Google's free tiers; build/bench/cost.ts has the prices):",
    ...rows,
    "  and less than 1 for the image, the secret and backups. Nothing runs while nobody visits.",
  ];
}

/** Google asks from six places, every five minutes. */
function uptimeCost(): string {
  const { gateway, run } = costPerMillion(1, 0, 0);
  return ((gateway + run) * ((6 * DAYS * DAY_S) / 300 / 1e6)).toFixed(2);
}

/** What the script says at its end, as a shell's here-document. */
export function endOf({ project, region, service, databaseLocation }: Deployment, action: Action): string[] {
  const key = `$(gcloud services api-keys get-key-string "$(gcloud services api-keys list --filter=displayName=${service}-admin --sort-by=~createTime --format='value(name.basename())' --project=${project} | head -n 1)" --project=${project} --format='value(keyString)')`;
  const readKey = `  export ADMIN_KEY="${key}"`.replaceAll("$(", "\\$(");
  switch (action) {
    case "deploy":
      return [
        "",
        "The service answers at https://$GATEWAY_HOST (a new gateway takes a few minutes). This address is in every page that has the tag;",
        "a name of your own is best made before (build/deploy/README.md). For your pages:",
        "",
        `  <script async src="https://$GATEWAY_HOST/embed.js"></script>`,
        "  <span data-visits></span>",
        "",
        "The API key, for the dashboard, import and export:",
        "",
        readKey,
        "",
        "Does it do what it promises, and may it limit visits per address and estimate visitors?",
        "",
        `  npm run smoke -- https://$GATEWAY_HOST --confirm-address --project ${project} --region ${region}${service === "footfall" ? "" : ` --service ${service}`}`,
      ];
    case "back":
      return ["", "$VERSION runs in place of $CURRENT. The next deployment goes forward again."];
    case "rotate-key":
      return ["", "The new key, where the old one was in use (the dashboard, scripts, GitHub):", "", readKey];
    case "remove":
      return [
        "",
        `All is gone but the counts, in ${databaseLocation}, and their backups. To remove the counts as well, for good:`,
        "",
        `  gcloud firestore databases update --database='(default)' --no-delete-protection --project=${project}`,
        `  gcloud firestore databases delete --database='(default)' --project=${project}`,
      ];
  }
}
