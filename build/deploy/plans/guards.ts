import { field, type Names } from "../names.ts";
import type { Guards } from "../options.ts";
import type { Step } from "../step.ts";
import { ALERTS, billingAccount, listBudgets, listChannels, listPolicies, listUptime, TITLES } from "./guard-lists.ts";

const APIS = ["billingbudgets", "cloudbilling", "logging", "monitoring"].map((name) => `${name}.googleapis.com`);
const FILES = "dist/guards";
/** How long a backup stays. */
const RETENTION = "14d";
/** What the service says of each minute, and what Cloud Run says of a request that no instance was left for (https://cloud.google.com/run/docs/troubleshooting). */
const SHED =
  '(jsonPayload.message="summary" AND (jsonPayload.overloaded>0 OR jsonPayload.unavailable>0)) OR (httpRequest.status=429 AND textPayload:"no available instance")';

/** Guards against silence and against bills. Each is asked for before it is made. */
export function guards(names: Names, { email, budget }: Guards): readonly Step[] {
  const { project, service, inRegion, repository, sources, database, gcloud } = names;
  const metric = `${service}-shed`;
  const hint = "You need roles/monitoring.admin and roles/logging.admin on the project.";
  const waitsFor = ["api"] as const;
  return [
    {
      title: "gcloud has its alpha and beta commands",
      command: ["gcloud", "version", "--format=value(alpha,beta)"],
      expect: /^[0-9.]+[^0-9][0-9.]+$/,
      hint: "gcloud components install alpha beta",
    },
    {
      title: "Enable Google's services for it",
      command: gcloud("services enable", ...APIS),
      hint: "You need roles/serviceusage.serviceUsageAdmin.",
    },
    {
      title: "The guards' files",
      command: ["node", "build/deploy/guards/fill-in.ts", service, "$GATEWAY_HOST"],
      hint: "They are made of build/deploy/guards.",
    },
    {
      title: "Mail to you",
      makes: `notification channel: mail to ${email}`,
      check: { command: listChannels(names, email), expect: /./ },
      command: gcloud(`beta monitoring channels create --display-name=${service} --type=email --channel-labels=email_address=${email}`),
      ...{ waitsFor, hint },
    },
    { title: "Which channel it is", command: listChannels(names, email), saves: "CHANNEL", ...{ waitsFor, hint } },
    {
      title: "Count the minutes in which visits were shed",
      makes: `log metric ${metric}: minutes in which visits were shed or the store was away`,
      check: { command: gcloud("logging metrics describe", metric) },
      command: gcloud(
        `logging metrics create ${metric}`,
        "--description=Minutes in which visits were shed or the store was away",
        `--log-filter=resource.type="cloud_run_revision" AND resource.labels.service_name="${service}" AND (${SHED})`,
      ),
      ...{ waitsFor, hint },
    },
    {
      title: "Ask for /v1/health every 5 minutes",
      makes: "uptime check of /v1/health, every 5 minutes",
      check: { command: listUptime(names), expect: /./ },
      command: gcloud(
        `monitoring uptime create ${service}-health --resource-type=uptime-url`,
        `--resource-labels=host=$GATEWAY_HOST,project_id=${project}`,
        ...["--path=/v1/health", "--protocol=https", "--period=5"],
      ),
      ...{ waitsFor, hint },
    },
    ...ALERTS.map(
      (alert): Step => ({
        title: `Tell of it: ${TITLES[alert]}`,
        makes: `alert policy: ${TITLES[alert]}`,
        check: { command: listPolicies(names, alert), expect: /./ },
        command: gcloud(`alpha monitoring policies create --policy-from-file=${FILES}/${alert}.json`, "--notification-channels=$CHANNEL"),
        ...{ waitsFor: ["api", "metric"], hint },
      }),
    ),
    {
      title: "Do not keep a log line for each request that went well",
      makes: "log exclusion: Google's own line for each request that went well, which costs more than the visit",
      check: {
        command: gcloud("logging sinks describe", "_Default", field("exclusions.name")),
        expect: new RegExp(`${service}-requests`),
      },
      command: gcloud("logging sinks update", "_Default", `--add-exclusion=name=${service}-requests,filter=${requestsOf(service)}`),
      ...{ waitsFor, hint },
    },
    {
      title: "A backup each day",
      makes: `backup of the database each day, kept for ${RETENTION}`,
      check: { command: gcloud("firestore backups schedules list", `--database=${database}`, field("name")), expect: /./ },
      command: gcloud("firestore backups schedules create", `--database=${database}`, "--recurrence=daily", `--retention=${RETENTION}`),
      hint: "You need roles/datastore.owner on the project.",
    },
    {
      title: "Old images go",
      makes: "clean-up of images and sources older than 30 days; the last 10 images stay, for going back",
      command: gcloud(
        `artifacts repositories set-cleanup-policies ${repository}`,
        inRegion.replace("region", "location"),
        `--policy=${FILES}/images.json`,
        "--no-dry-run",
      ),
      hint: "You need roles/artifactregistry.admin on the project.",
    },
    {
      title: "And what they were made of",
      command: gcloud("storage buckets update", `gs://${sources}`, `--lifecycle-file=${FILES}/sources.json`),
      hint: "You need roles/storage.admin on the project.",
    },
    billingAccount(names),
    {
      title: "Tell of the bill",
      makes: `budget of ${budget} a month, in your account's currency: mail at 50 %, 100 % and where it will be exceeded`,
      check: { command: listBudgets(names), expect: /./ },
      command: gcloud(
        `billing budgets create --billing-account=$BILLING_ACCOUNT --display-name=${service}-${project}`,
        ...[`--budget-amount=${budget}`, `--filter-projects=projects/${project}`, "--threshold-rule=percent=0.5"],
        ...["--threshold-rule=percent=1.0", "--threshold-rule=percent=1.0,basis=forecasted-spend"],
        `--billing-project=${project}`,
        // Google's own mail goes to the billing account's administrators alone.
        "--notifications-rule-monitoring-notification-channels=$CHANNEL",
      ),
      ...{ waitsFor, hint: "You need roles/billing.costsManager on the billing account; without it, make the budget in the console." },
    },
  ];
}

/** What Cloud Run and the gateway write for each request by themselves. */
function requestsOf(service: string): string {
  return `httpRequest.status<400 AND ((resource.type="cloud_run_revision" AND resource.labels.service_name="${service}") OR (resource.type="apigateway.googleapis.com/Gateway" AND resource.labels.gateway_id="${service}"))`;
}
