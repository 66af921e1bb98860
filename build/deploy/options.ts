import { readNodeConfig } from "../../src/config.ts";
import { ConfigError } from "../../src/environment.ts";
import { readOptions, required } from "../operate/options.ts";
import { fail } from "../root.ts";

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
}

const USAGE = `npm run deploy -- --project PROJECT --region REGION --sites example.com[,…] [--dry-run]

From a clone to a gateway's URL on Google Cloud, with gcloud. Safe to run again: what is done is kept, what is new is added.

  --project            the Google Cloud project, with billing enabled
  --region             where the service runs, such as europe-west1
  --sites              the host names that may count, with commas between them
  --service            what it is all called; default footfall
  --gateway-region     where the gateway is, if the region has none; default the region
  --database-location  where the counts are kept, for good; default the region
  --max-instances      of the service; default 4
  --set NAME=VALUE     another setting of the service, such as PUBLIC_STATS=true; may be repeated
  --dry-run            prints the plan and does nothing`;

const DEFAULT_MAX_INSTANCES = "4";
const NAMES = {
  project: [/^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/, "a project's id such as my-project-1234"],
  region: [/^[a-z]+(?:-[a-z]+)+\d+$/, "a region such as europe-west1"],
  "gateway-region": [/^[a-z]+(?:-[a-z]+)+\d+$/, "a region such as europe-west1"],
  "database-location": [/^[a-z]+(?:-[a-z]+)*\d+$/, "a region such as europe-west1, or eur3 or nam5"],
  // "-gateway" and 30 characters of an account's name leave so many.
  service: [/^[a-z][a-z0-9-]{0,20}[a-z0-9]$/, "2 to 22 of a-z, 0-9 and -, from a letter to a letter or digit"],
  "max-instances": [/^[1-9]\d{0,3}$/, "a number from 1 to 9999"],
} as const;

/** Reads the options and settings, or ends the process with what is wrong with them. */
export function readDeployment(): { deployment: Deployment; dryRun: boolean } {
  const option = { type: "string" } as const;
  const { values } = readOptions(USAGE, {
    project: option,
    region: option,
    sites: option,
    service: { type: "string", default: "footfall" },
    "gateway-region": option,
    "database-location": option,
    "max-instances": { type: "string", default: DEFAULT_MAX_INSTANCES },
    set: { type: "string", multiple: true, default: [] },
    "dry-run": { type: "boolean", default: false },
  });
  const region = named("region", required("region", values.region, USAGE));
  const deployment: Deployment = {
    project: named("project", required("project", values.project, USAGE)),
    region,
    gatewayRegion: named("gateway-region", values["gateway-region"] ?? region),
    databaseLocation: named("database-location", values["database-location"] ?? region),
    service: named("service", values.service),
    settings: readSettings(required("sites", values.sites, USAGE), values.set),
    maxInstances: Number(named("max-instances", values["max-instances"])),
  };
  return { deployment, dryRun: values["dry-run"] };
}

function named(name: keyof typeof NAMES, value: string): string {
  const [pattern, allowed] = NAMES[name];
  return pattern.test(value) ? value : fail(`--${name} is "${value}"; allowed is ${allowed}.`);
}

/** The service's own rules, before the service has to refuse to start. */
function readSettings(sites: string, more: readonly string[]): Record<string, string> {
  const settings: Record<string, string> = { SITES: sites };
  for (const text of more) {
    const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text) ?? fail(`--set is "${text}"; allowed is NAME=VALUE.`);
    if (name === "ADMIN_KEY") fail("--set is ADMIN_KEY=…; the API key is made by the deployment, and kept in Secret Manager.");
    settings[name ?? ""] = value ?? "";
  }
  try {
    readNodeConfig({ ...settings, K_SERVICE: "footfall" });
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message);
    throw error;
  }
  return settings;
}
