import { field, type Names } from "../names.ts";
import type { Command, Step } from "../step.ts";

/** The alerts, by their files in build/deploy/guards. */
export const ALERTS = ["shed", "errors", "down"];
export const TITLES: Readonly<Record<string, string>> = { shed: "visits were shed", errors: "answers of 5xx", down: "does not answer" };

/** Budgets belong to it. */
export function billingAccount({ project, gcloud }: Names): Step {
  return {
    title: "The billing account",
    command: gcloud("billing projects describe", project, field("billingAccountName.basename()")),
    saves: "BILLING_ACCOUNT",
    waitsFor: ["api"],
    hint: "You need to see the project's billing account.",
  };
}

export function listChannels({ service, gcloud }: Names, email?: string): Command {
  const filter = email ? `displayName="${service}" AND labels.email_address="${email}"` : `displayName="${service}"`;
  return gcloud("beta monitoring channels list", `--filter=${filter}`, field("name"));
}

export function listUptime({ service, gcloud }: Names): Command {
  return gcloud("monitoring uptime list-configs", `--filter=displayName=${service}-health`, field("name"));
}

export function listPolicies({ service, gcloud }: Names, alert: string): Command {
  return gcloud("alpha monitoring policies list", `--filter=displayName="${service}: ${TITLES[alert]}"`, field("name"));
}

export function listBudgets({ project, service, gcloud }: Names): Command {
  return gcloud(
    "billing budgets list --billing-account=$BILLING_ACCOUNT",
    `--filter=displayName=${service}-${project}`,
    field("name.basename()"),
    `--billing-project=${project}`,
  );
}
