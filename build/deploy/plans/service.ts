import { field, type Names } from "../names.ts";
import type { Deployment } from "../options.ts";
import type { Command, Step } from "../step.ts";
import { addressOf } from "./api.ts";
import { grant } from "./foundation.ts";

/** Requests that one instance serves at a time: as many visits as one write can count. */
const CONCURRENCY = 400;
/** Versions that stay, for going back. Google takes at most 100 configs an API. */
const KEPT_VERSIONS = 5;

/** The service on Cloud Run; the first revision finds all that it needs. */
export function service(names: Names, { region, settings, maxInstances }: Deployment): readonly Step[] {
  const { project, inRegion, suffix, accounts, secret, gcloud } = names;
  return [
    {
      title: "Build the image and run the service, for its invokers only",
      makes: `service ${names.service}: private, at most ${maxInstances} instances, none while nobody visits`,
      command: gcloud(
        `run deploy ${names.service} --source=. ${inRegion} --no-allow-unauthenticated --revision-suffix=${suffix}`,
        `--service-account=${accounts.run.email}`,
        `--build-service-account=projects/${project}/serviceAccounts/${accounts.build.email}`,
        ...["--cpu-boost", `--concurrency=${CONCURRENCY}`, `--max-instances=${maxInstances}`],
        `--update-env-vars=${listOf({ DATASTORE_PROJECT_ID: project, ...settings })}`,
        `--update-secrets=ADMIN_KEY=${secret}:latest`,
      ),
      waitsFor: ["api", "account", "secret", "grant"],
      hint: "The build's log is linked above; the service's own: gcloud run services logs read, or in the console.",
    },
    {
      title: "All traffic to it, also after going back",
      command: gcloud("run services update-traffic", names.service, inRegion, "--to-latest"),
      hint: "The service's log says why a revision does not start.",
    },
    {
      title: "It has the address that the gateway calls",
      command: gcloud("run services describe", names.service, inRegion, field("status.url,metadata.annotations")),
      expect: new RegExp(addressOf(names.service, region).replace("$PROJECT_NUMBER", "[0-9]+").replaceAll(".", "[.]")),
      hint: "Cloud Run gives this service no address of the form SERVICE-NUMBER.REGION.run.app; that is worth an issue.",
    },
    grant(names, `run services add-iam-policy-binding ${names.service} ${inRegion}`, accounts.gateway, "roles/run.invoker"),
  ];
}

/** The gateway on this version, and its host's name. */
export function gateway(names: Names): readonly Step[] {
  const { inGatewayRegion, version, gcloud } = names;
  const config = [`--api=${names.service}`, `--api-config=${version}`];
  return [
    {
      title: "The gateway",
      makes: `gateway ${names.service}: the only way in`,
      check: { command: gcloud("api-gateway gateways describe", names.service, inGatewayRegion) },
      command: gcloud("api-gateway gateways create", names.service, inGatewayRegion, ...config),
      waitsFor: ["api"],
      hint: "You need roles/apigateway.admin on the project.",
    },
    ...switchTo(names, version),
    {
      title: "Its host's name",
      command: gcloud("api-gateway gateways describe", names.service, inGatewayRegion, field("defaultHostname")),
      saves: "GATEWAY_HOST",
      hint: "Run the same command again in a minute.",
    },
  ];
}

/** Brings the gateway to a config, and waits until it is there. */
export function switchTo({ service: name, inGatewayRegion, gcloud }: Names, version: string): readonly Step[] {
  const describe = (of: string): Command => gcloud("api-gateway gateways describe", name, inGatewayRegion, field(of));
  const active: Step = {
    title: "It is ready",
    command: describe("state"),
    expect: /^ACTIVE$/,
    waitsFor: ["gateway"],
    hint: "The console says what the gateway waits for: https://console.cloud.google.com/api-gateway/gateway",
  };
  return [
    active,
    {
      title: "The gateway runs this version",
      command: gcloud("api-gateway gateways update", name, inGatewayRegion, `--api=${name}`, `--api-config=${version}`),
      hint: "You need roles/apigateway.admin on the project.",
    },
    active,
  ];
}

/** Marks this version as one to go back to, and removes what is too old for that. */
export function tidy({ service: name, version, gcloud }: Names): readonly Step[] {
  const inApi = `--api=${name}`;
  const list = listVersions({ service: name, gcloud });
  const remove = gcloud("api-gateway api-configs delete", "$ITEM", inApi);
  const hint = "Google refuses to delete a config that a gateway runs: which one does, the console says.";
  return [
    {
      title: "One can go back to this version",
      command: gcloud("api-gateway api-configs update", version, inApi, "--update-labels=deployed=yes"),
      hint: "You need roles/apigateway.admin on the project.",
    },
    {
      title: `Of the configs, the last ${KEPT_VERSIONS} stay`,
      each: { command: list, versions: { deployed: true }, skip: KEPT_VERSIONS },
      command: remove,
      hint,
    },
    {
      title: "Those of deployments that broke off go",
      each: { command: list, versions: { deployed: false, before: version } },
      command: remove,
      hint,
    },
  ];
}

/** The versions and their label `deployed`, in no order. */
export function listVersions({ service, gcloud }: Pick<Names, "service" | "gcloud">): Command {
  return gcloud("api-gateway api-configs list", `--api=${service}`, field("name.basename(),labels.deployed"));
}

/** Settings as gcloud takes them in one argument: with a delimiter of their own, as values may contain its comma. */
function listOf(settings: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const delimiter = ["@", "|", "#", ";", "~"].find((one) => pairs.every((pair) => !pair.includes(one)));
  if (delimiter === undefined) throw new RangeError("the settings contain every delimiter that could part them");
  return `^${delimiter}^${pairs.join(delimiter)}`;
}
