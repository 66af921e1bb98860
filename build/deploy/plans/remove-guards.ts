import { field, type Names } from "../names.ts";
import type { Command, Step } from "../step.ts";
import { ALERTS, billingAccount, listBudgets, listChannels, listPolicies, listUptime, TITLES } from "./guard-lists.ts";

/** Removes every guard that is there. */
export function removeGuards(names: Names): readonly Step[] {
  const { project, service, database, gcloud } = names;
  const step = (title: string, list: Command, command: Command): Step => ({
    title,
    each: { command: list, optional: true },
    command,
    hint: "Google says above why not; what is gone stays gone.",
  });
  return [
    ...ALERTS.map((alert) =>
      step(`The alert: ${TITLES[alert]}`, listPolicies(names, alert), gcloud("alpha monitoring policies delete", "$ITEM")),
    ),
    step("The uptime check", listUptime(names), gcloud("monitoring uptime delete", "$ITEM")),
    step("The channel", listChannels(names), gcloud("beta monitoring channels delete", "$ITEM")),
    step(
      "The log metric",
      gcloud("logging metrics list", `--filter=name=${service}-shed`, field("name")),
      gcloud("logging metrics delete", "$ITEM"),
    ),
    step(
      "The log exclusion",
      gcloud("logging sinks list", `--filter=name=_Default AND exclusions.name=${service}-requests`, field("name")),
      gcloud("logging sinks update", "$ITEM", `--remove-exclusions=${service}-requests`),
    ),
    step(
      "The backups' schedule; the backups stay",
      gcloud("firestore backups schedules list", `--database=${database}`, field("name.basename()")),
      gcloud("firestore backups schedules delete", `--database=${database}`, "--backup-schedule=$ITEM"),
    ),
    // Without guards nobody has enabled what answers this.
    { ...billingAccount(names), optional: true },
    step(
      "The budget",
      listBudgets(names),
      gcloud("billing budgets delete", "$ITEM", "--billing-account=$BILLING_ACCOUNT", `--billing-project=${project}`),
    ),
  ];
}
