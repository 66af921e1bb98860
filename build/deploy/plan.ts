import type { Deployment } from "./options.ts";
import type { Command, Step } from "./step.ts";

/** What the service needs of Google Cloud. */
const APIS = [
  "apigateway",
  "apikeys",
  "artifactregistry",
  "cloudbuild",
  "cloudresourcemanager",
  "datastore",
  "firestore",
  "iam",
  "run",
  "secretmanager",
  "servicecontrol",
  "servicemanagement",
].map((name) => `${name}.googleapis.com`);

/** The kinds whose entities end at `expireAt`; src/stores/datastore/layout.ts writes them. */
const EXPIRING_KINDS = ["visit", "batch"];
/** Requests that one instance serves at a time: as many visits as one write can count. */
const CONCURRENCY = 400;
/** What Google says of an account that was made a moment ago. */
const UNKNOWN_ACCOUNT = /does not exist/;
const DATABASE = "(default)";

/** The gateway's document as it is built, and with the service's address in it. */
const DOCUMENT = "dist/gateway/openapi.json";
const DEPLOYED_DOCUMENT = "dist/gateway/deployed.json";

/**
 * All that a deployment does, in order.
 *
 * @param release tells this deployment's API config from earlier ones, which cannot be changed: lower-case letters, digits and `-`
 */
export function planOf(deployment: Deployment, release: string): readonly Step[] {
  const { project, region, gatewayRegion, service, settings, maxInstances } = deployment;
  const gcloud = (...args: string[]): Command => ["gcloud", ...args, `--project=${project}`, "--quiet"];
  const inRegion = `--region=${region}`;
  const accounts = { run: account("run"), gateway: account("gateway"), build: account("build") };
  const secret = `${service}-admin-key`;
  const key = `${service}-admin`;
  const config = `${service}-${release}`;

  function account(role: string): { name: string; email: string } {
    return { name: `${service}-${role}`, email: `${service}-${role}@${project}.iam.gserviceaccount.com` };
  }

  function createAccount({ name, email }: { name: string; email: string }, does: string): Step {
    return {
      title: `An account that ${does}`,
      check: { command: gcloud("iam", "service-accounts", "describe", email) },
      command: gcloud("iam", "service-accounts", "create", name, `--display-name=${service}: ${does}`),
      hint: "You need roles/iam.serviceAccountAdmin on the project.",
    };
  }

  function grant(resource: readonly string[], { email }: { email: string }, role: string, ...more: string[]): Step {
    return {
      title: `${email.split("@")[0]} gets ${role}`,
      command: gcloud(...resource, `--member=serviceAccount:${email}`, `--role=${role}`, ...more, "--format=none"),
      settles: UNKNOWN_ACCOUNT,
      hint: "You need to be an owner of the project, or its roles/resourcemanager.projectIamAdmin and the service's own admin role.",
    };
  }
  const onProject = ["projects", "add-iam-policy-binding", project];

  return [
    {
      title: "Build the gateway's document",
      command: ["npm", "run", "build"],
      hint: "Run npm ci first; then npm run build says what is wrong.",
    },
    {
      title: "The project is there and you may see it",
      command: gcloud("projects", "describe", project, "--format=value(projectId)"),
      hint: "Sign in with gcloud auth login, and look at gcloud projects list.",
    },
    {
      title: "Enable Google's services",
      command: gcloud("services", "enable", ...APIS),
      hint: `Link a billing account: https://console.cloud.google.com/billing/linkedaccount?project=${project}`,
    },
    {
      title: "The database, in Datastore mode",
      check: {
        command: gcloud("firestore", "databases", "describe", `--database=${DATABASE}`, "--format=value(type)"),
        expect: /^DATASTORE_MODE$/,
      },
      command: gcloud(
        ...["firestore", "databases", "create", `--database=${DATABASE}`, `--location=${deployment.databaseLocation}`],
        ...["--type=datastore-mode", "--delete-protection"],
      ),
      hint: "If the project has a database in Native mode, take another project. If the location is unknown: gcloud firestore locations list.",
    },
    ...EXPIRING_KINDS.map(
      (kind): Step => ({
        title: `Entities of kind ${kind} expire`,
        check: {
          command: gcloud(
            ...["firestore", "fields", "ttls", "list", `--database=${DATABASE}`, `--collection-group=${kind}`],
            "--format=value(ttlConfig.state)",
          ),
          expect: /ACTIVE|CREATING/,
        },
        command: gcloud(
          ...["firestore", "fields", "ttls", "update", "expireAt", `--database=${DATABASE}`, `--collection-group=${kind}`],
          ...["--enable-ttl", "--async"],
        ),
        hint: "A new database takes a minute before it can be changed.",
      }),
    ),
    {
      title: "The index for the pages with the most visits",
      command: gcloud("datastore", "indexes", "create", "build/indexes/index.yaml", `--database=${DATABASE}`),
      hint: "A new database takes a minute before it can be changed.",
    },
    createAccount(accounts.run, "counts in Datastore"),
    grant(onProject, accounts.run, "roles/datastore.user", "--condition=None"),
    createAccount(accounts.build, "builds the image"),
    grant(onProject, accounts.build, "roles/run.builder", "--condition=None"),
    createAccount(accounts.gateway, "calls the service for the gateway"),
    {
      title: "Build the image and run the service, for its invokers only",
      command: gcloud(
        ...["run", "deploy", service, "--source=.", inRegion, "--no-allow-unauthenticated"],
        `--service-account=${accounts.run.email}`,
        `--build-service-account=projects/${project}/serviceAccounts/${accounts.build.email}`,
        ...["--cpu-boost", `--concurrency=${CONCURRENCY}`, `--max-instances=${maxInstances}`],
        `--set-env-vars=${listOf({ DATASTORE_PROJECT_ID: project, ...settings })}`,
      ),
      hint: "The build's log is linked above; the service's own: gcloud run services logs read, or in the console.",
    },
    grant(["run", "services", "add-iam-policy-binding", service, inRegion], accounts.gateway, "roles/run.invoker"),
    {
      title: "The service's address",
      command: gcloud("run", "services", "describe", service, inRegion, "--format=value(status.url)"),
      saves: "BACKEND_ADDRESS",
      hint: "The service is not there: see the step before.",
    },
    {
      title: "Put it into the gateway's document",
      command: ["node", "build/deploy/fill-in.ts", DOCUMENT, "$BACKEND_ADDRESS", DEPLOYED_DOCUMENT],
      hint: "npm run build writes the document.",
    },
    {
      title: "The API",
      check: { command: gcloud("api-gateway", "apis", "describe", service) },
      command: gcloud("api-gateway", "apis", "create", service, `--display-name=${service}`),
      hint: "You need roles/apigateway.admin on the project.",
    },
    {
      title: "This version of it",
      command: gcloud(
        ...["api-gateway", "api-configs", "create", config, `--api=${service}`, `--openapi-spec=${DEPLOYED_DOCUMENT}`],
        `--backend-auth-service-account=${accounts.gateway.email}`,
      ),
      hint: "Google says above what it refuses of dist/gateway/deployed.json.",
    },
    {
      title: "The gateway, with this version",
      check: { command: gcloud("api-gateway", "gateways", "describe", service, `--location=${gatewayRegion}`) },
      command: gcloud(
        "api-gateway",
        "gateways",
        "create",
        service,
        `--location=${gatewayRegion}`,
        `--api=${service}`,
        `--api-config=${config}`,
      ),
      update: gcloud(
        "api-gateway",
        "gateways",
        "update",
        service,
        `--location=${gatewayRegion}`,
        `--api=${service}`,
        `--api-config=${config}`,
      ),
      hint: "Not every region has gateways: name one that has, with --gateway-region (https://cloud.google.com/api-gateway/docs/deployment-model).",
    },
    {
      title: "The API's name among Google's services",
      command: gcloud("api-gateway", "apis", "describe", service, "--format=value(managedService)"),
      saves: "MANAGED_SERVICE",
      hint: "Run the same command again in a minute.",
    },
    {
      title: "Enable it, so that the gateway knows API keys",
      command: gcloud("services", "enable", "$MANAGED_SERVICE"),
      hint: "You need roles/serviceusage.serviceUsageAdmin on the project.",
    },
    {
      title: "The API key, for this API alone",
      check: { command: gcloud("services", "api-keys", "describe", key) },
      command: gcloud(
        "services",
        "api-keys",
        "create",
        `--key-id=${key}`,
        `--display-name=${service}`,
        "--api-target=service=$MANAGED_SERVICE",
      ),
      update: gcloud("services", "api-keys", "update", key, "--api-target=service=$MANAGED_SERVICE"),
      hint: `If a key of this name was deleted less than 30 days ago: gcloud services api-keys undelete ${key}`,
    },
    {
      title: "A secret for it",
      check: { command: gcloud("secrets", "describe", secret) },
      command: gcloud("secrets", "create", secret, "--replication-policy=automatic"),
      hint: "You need roles/secretmanager.admin on the project.",
    },
    {
      title: "The key's string, in the secret",
      check: {
        command: gcloud("secrets", "versions", "list", secret, "--filter=state:enabled", "--limit=1", "--format=value(name)"),
        expect: /./,
      },
      command: gcloud("secrets", "versions", "add", secret, "--data-file=-"),
      input: gcloud("services", "api-keys", "get-key-string", key, "--format=value(keyString)"),
      hint: "You need roles/serviceusage.apiKeysAdmin on the project.",
    },
    grant(["secrets", "add-iam-policy-binding", secret], accounts.run, "roles/secretmanager.secretAccessor"),
    {
      title: "The service reads it as ADMIN_KEY",
      command: gcloud("run", "services", "update", service, inRegion, `--update-secrets=ADMIN_KEY=${secret}:latest`),
      hint: "The service's log says why a revision does not start.",
    },
    {
      title: "The gateway's host name",
      command: gcloud("api-gateway", "gateways", "describe", service, `--location=${gatewayRegion}`, "--format=value(defaultHostname)"),
      saves: "GATEWAY_HOST",
      hint: "Run the same command again in a minute.",
    },
  ];
}

/** Settings as gcloud takes them in one argument: with a delimiter of their own, as values may contain its comma. */
function listOf(settings: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const delimiter = ["@", "|", "#", ";", "~"].find((one) => pairs.every((pair) => !pair.includes(one)));
  if (delimiter === undefined) throw new RangeError("the settings contain every delimiter that could part them");
  return `^${delimiter}^${pairs.join(delimiter)}`;
}
