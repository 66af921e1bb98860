import { field, type Names } from "../names.ts";
import type { Deployment } from "../options.ts";
import type { Command, Step } from "../step.ts";
import { grant } from "./foundation.ts";

/** The gateway's document, with the service's address in it. */
const DEPLOYED_DOCUMENT = "dist/gateway/deployed.json";

/** The address that Cloud Run gives a service, known before there is one: https://cloud.google.com/run/docs/triggering/https-request */
export function addressOf(service: string, region: string): string {
  return `https://${service}-$PROJECT_NUMBER.${region}.run.app`;
}

/** The API with a config for this version, its key, and the secret that holds it: all that the first revision needs. */
export function api(names: Names, { region, settings }: Deployment): readonly Step[] {
  const { service, version, accounts, key, gcloud } = names;
  const takeover = settings["TAKEOVER"];
  return [
    ...(takeover === undefined ? [saveTakeover(names)] : []),
    {
      title: "The gateway's document: what it lets through, and where the service is",
      command: ["node", "build/deploy/fill-in.ts", addressOf(service, region), takeover ?? "$TAKEOVER", DEPLOYED_DOCUMENT],
      hint: "npm ci installs what it needs.",
    },
    {
      title: "The API",
      makes: `API ${service}, with a config for each version: what the gateway lets through`,
      check: { command: gcloud("api-gateway apis describe", service) },
      command: gcloud("api-gateway apis create", service, `--display-name=${service}`),
      waitsFor: ["api"],
      hint: "You need roles/apigateway.admin on the project.",
    },
    {
      title: "This version of it",
      command: gcloud(
        `api-gateway api-configs create ${version} --api=${service} --openapi-spec=${DEPLOYED_DOCUMENT}`,
        `--backend-auth-service-account=${accounts.gateway.email}`,
      ),
      waitsFor: ["api", "account"],
      hint: "Google says above what it refuses: of dist/gateway/deployed.json, or of you (roles/servicemanagement.serviceConsumer is needed, too).",
    },
    managedService(names),
    {
      title: "Enable it, so that the gateway knows API keys",
      command: gcloud("services enable", "$MANAGED_SERVICE"),
      waitsFor: ["api", "managedService"],
      hint: "You need roles/serviceusage.serviceUsageAdmin and roles/servicemanagement.serviceConsumer on the project.",
    },
    {
      title: "An API key",
      makes: `API key ${key}, for this API alone: administration`,
      check: { command: listKeys(names), expect: /./ },
      ...createKey(names),
    },
    {
      title: "Which key it is",
      command: listKeys(names),
      saves: "KEY_ID",
      waitsFor: ["api"],
      hint: "Run the same command again in a minute.",
    },
    {
      title: "It opens this API alone",
      command: gcloud("services api-keys update", "$KEY_ID", "--api-target=service=$MANAGED_SERVICE", "--no-user-output-enabled"),
      waitsFor: ["api", "managedService"],
      hint: "You need roles/serviceusage.apiKeysAdmin on the project.",
    },
    ...secretOf(names),
  ];
}

/** A setting stays until it is set anew: the gateway has to let through what the service answers already. */
function saveTakeover({ service, inRegion, gcloud }: Names): Step {
  const env = "spec.template.spec.containers.env";
  return {
    title: "Which other counters' protocols the service answers (TAKEOVER)",
    command: gcloud(
      `run services list ${inRegion} --flatten=spec.template.spec.containers[].env[]`,
      `--filter=metadata.name=${service} AND ${env}.name=TAKEOVER`,
      field(`${env}.value`),
    ),
    saves: "TAKEOVER",
    mayBeEmpty: true,
    waitsFor: ["api"],
    hint: "You need roles/run.admin on the project.",
  };
}

function secretOf(names: Names): readonly Step[] {
  const { accounts, secret, gcloud } = names;
  return [
    {
      title: "A secret for its string",
      makes: `secret ${secret}: the key's string, which the service reads as ADMIN_KEY`,
      check: { command: gcloud("secrets describe", secret) },
      command: gcloud("secrets create", secret, "--replication-policy=automatic"),
      waitsFor: ["api"],
      hint: "You need roles/secretmanager.admin on the project.",
    },
    grant(names, `secrets add-iam-policy-binding ${secret}`, accounts.run, "roles/secretmanager.secretAccessor"),
    {
      ...keepKey(names),
      check: { command: gcloud("secrets versions access", "latest", `--secret=${secret}`), sameAs: keyString(names) },
    },
  ];
}

/** The API's name among Google's services. */
export function managedService({ service, gcloud }: Names): Step {
  return {
    title: "The API's name among Google's services",
    command: gcloud("api-gateway apis describe", service, field("managedService")),
    saves: "MANAGED_SERVICE",
    hint: "Run the same command again in a minute.",
  };
}

/** Makes a key. Google's answer shows it: nothing of that is printed. */
export function createKey({ key, suffix, gcloud }: Names): Omit<Step, "title"> {
  return {
    command: gcloud(
      `services api-keys create --key-id=${key}-${suffix} --display-name=${key}`,
      "--api-target=service=$MANAGED_SERVICE",
      "--no-user-output-enabled",
    ),
    waitsFor: ["api", "managedService"],
    hint: "You need roles/serviceusage.apiKeysAdmin on the project.",
  };
}

/** The key's string, in the secret. */
export function keepKey(names: Names): Step {
  return {
    title: "The key's string, in the secret",
    command: names.gcloud("secrets versions add", names.secret, "--data-file=-", field("name.basename()")),
    input: keyString(names),
    saves: "SECRET_VERSION",
    waitsFor: ["api", "secret"],
    hint: "You need roles/serviceusage.apiKeysAdmin and roles/secretmanager.admin on the project.",
  };
}

/** The deployment's keys, the newest first. A limit would be one of all the project's keys, before gcloud filters and sorts them. */
export function listKeys({ key, gcloud }: Names): Command {
  return gcloud("services api-keys list", `--filter=displayName=${key}`, "--sort-by=~createTime", field("name.basename()"));
}

function keyString({ gcloud }: Names): Command {
  return gcloud("services api-keys get-key-string", "$KEY_ID", field("keyString"));
}
