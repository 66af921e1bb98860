import { readNodeConfig } from "../../src/config.ts";
import * as knownSettings from "../../src/settings.ts";
import { readOptions, settingsOrFail, wholeNumber } from "../options.ts";
import { fail } from "../root.ts";
import { ACTIONS, type Action } from "./plan.ts";

/** Who is told of trouble, and of a bill over how much a month. */
export interface Guards {
  readonly email: string;
  readonly budget: number;
}

/** What a deployment is told. */
export interface Deployment {
  readonly project: string;
  /** Of Cloud Run and the secrets' accessor. */
  readonly region: string;
  /** API Gateway is in fewer regions than Cloud Run. */
  readonly gatewayRegion: string;
  readonly databaseLocation: string;
  /** Names the Cloud Run service, the API, the gateway and the accounts. */
  readonly service: string;
  /** The service's settings, `SITES` among them. */
  readonly settings: Readonly<Record<string, string>>;
  readonly maxInstances: number;
  readonly guards: Guards | null;
}

/** https://cloud.google.com/api-gateway/docs/deployment-model */
const GATEWAY_REGIONS = [
  ...["asia-northeast1", "australia-southeast1", "europe-west1", "europe-west2", "us-central1"],
  ...["us-east1", "us-east4", "us-west2", "us-west3", "us-west4"],
];
const REGION = [/^[a-z]+(?:-[a-z]+)+\d+$/, "a region such as europe-west1"] as const;
/** Settings that no command line may have: npm prints it, and a deployment its commands. */
const SECRETS = ["STATS_KEY", "GOOGLE_SERVICE_ACCOUNT_KEY"];
/** Settings that follow from what a deployment is: with another value the service would count elsewhere, or nowhere. */
const OWN = ["SITES", "PORT", "STORE", "SQLITE_PATH", "DATASTORE_PROJECT_ID", "DATASTORE_EMULATOR_HOST"];
/** Of a month. */
const BUDGET = 20;
const COMMAND = {
  name: "npm run deploy --",
  about: `From a clone to a gateway's URL on Google Cloud, with gcloud. Safe to run again: what is done is kept, what is new is added.
  back        goes back to the version before, until the next deployment
  rotate-key  makes another API key, and removes the one before
  remove      removes everything but the counts`,
  positionals: { name: "action", oneOf: ACTIONS },
  options: {
    project: {
      value: "PROJECT",
      required: true,
      help: "the Google Cloud project, with billing enabled",
      allowed: [/^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/, "a project's id such as my-project-1234"],
    },
    region: { value: "REGION", required: true, help: "where the service runs, such as europe-west1", allowed: REGION },
    sites: { value: "SITES", multiple: true, help: "the host names that may count, with commas between them; needed to deploy" },
    service: {
      value: "NAME",
      default: "footfall",
      help: "what it is all called",
      // "-gateway" and 30 characters of an account's name leave so many.
      allowed: [/^[a-z][a-z0-9-]{0,20}[a-z0-9]$/, "2 to 22 of a-z, 0-9 and -, from a letter to a letter or digit"],
    },
    "gateway-region": { value: "REGION", help: "where the gateway is, if the region has none; else the region", allowed: REGION },
    "database-location": {
      value: "PLACE",
      help: "where the counts are kept, for good; else the region",
      allowed: [/^[a-z]+(?:-[a-z]+)*\d+$/, "a region such as europe-west1, or eur3 or nam5"],
    },
    "max-instances": { value: "N", default: "4", help: "of the service", allowed: wholeNumber(1) },
    set: {
      value: "NAME=VALUE",
      multiple: true,
      help: "another setting of the service, such as PUBLIC_STATS=true; may be repeated. It stays until it\nis set to something else, or to nothing: PUBLIC_STATS=",
    },
    "with-guards": {
      value: "EMAIL",
      help: "also makes alerts to EMAIL, an uptime check, a budget, backups, and clean-up",
      allowed: [/^[^\s@,]+@[^\s@,]+$/, "a mail address"],
    },
    budget: { value: "AMOUNT", help: `of a month, for the guards (${BUDGET})`, allowed: wholeNumber(1) },
    "dry-run": { help: "prints the plan and does nothing" },
  },
} as const;

/** Reads the options and settings, or ends the process with what is wrong with them. */
export function readDeployment(): { deployment: Deployment; action: Action; dryRun: boolean } {
  const { values, positionals } = readOptions(COMMAND);
  const { project, region, service } = values;
  if (positionals.length > 1) fail(`"${positionals[1]}" is one action too many.`);
  const action = ACTIONS.find((one) => one === positionals[0]) ?? "deploy";
  const gatewayRegion = values["gateway-region"] ?? region;
  if (!GATEWAY_REGIONS.includes(gatewayRegion)) {
    const option = values["gateway-region"] === undefined ? "--region" : "--gateway-region";
    fail(`${option} is "${gatewayRegion}", which has no gateways; give --gateway-region as one of ${GATEWAY_REGIONS.join(", ")}.`);
  }
  const sites = values.sites.join(",");
  if (action === "deploy" && sites === "") fail("--sites is missing; see npm run deploy -- --help");
  const email = values["with-guards"];
  if (email === undefined && values.budget !== undefined) fail("--budget is of the guards; give --with-guards EMAIL as well.");
  const deployment: Deployment = {
    project,
    region,
    gatewayRegion,
    databaseLocation: values["database-location"] ?? region,
    service,
    settings: action === "deploy" ? readSettings(sites, values.set) : {},
    maxInstances: Number(values["max-instances"]),
    guards: email === undefined ? null : { email, budget: Number(values.budget ?? BUDGET) },
  };
  return { deployment, action, dryRun: values["dry-run"] };
}

/** The service's own rules, before the service has to refuse to start. */
function readSettings(sites: string, more: readonly string[]): Record<string, string> {
  const settings: Record<string, string> = { SITES: sites };
  for (const text of more) {
    const [, name = "", value = ""] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text) ?? fail(`--set is "${text}"; allowed is NAME=VALUE.`);
    if (name === "ADMIN_KEY") fail("--set is ADMIN_KEY=…; the API key is made by the deployment, and kept in Secret Manager.");
    if (OWN.includes(name)) fail(`--set is ${name}=…, which follows from the options${name === "SITES" ? ": give --sites" : ""}.`);
    if (!Object.hasOwn(knownSettings, name)) fail(`--set is ${name}=…, which is no setting; README.md lists them.`);
    if (SECRETS.includes(name))
      fail(`--set is ${name}=…, which would be printed; keep it in Secret Manager, as build/deploy/README.md does.`);
    settings[name] = value;
  }
  settingsOrFail(() => readNodeConfig({ ...settings, K_SERVICE: "footfall" }));
  return settings;
}
