import { field, type Names } from "../names.ts";
import type { Step } from "../step.ts";
import { createKey, keepKey, listKeys, managedService } from "./api.ts";
import { listVersions, switchTo } from "./service.ts";

/** Goes back to the version before: its revision and its config, which bear one name. The next deployment goes forward again. */
export function back({ service, inRegion, inGatewayRegion, gcloud, ...names }: Names): readonly Step[] {
  return [
    {
      title: "The version that runs",
      command: gcloud("api-gateway gateways describe", service, inGatewayRegion, field("apiConfig.basename()")),
      saves: "CURRENT",
      hint: "There is no gateway of this name: look at --service and --region.",
    },
    {
      title: "The version before",
      command: listVersions({ service, gcloud }),
      versions: { deployed: true, before: "$CURRENT" },
      saves: "VERSION",
      hint: "There is none: none was deployed before, or one has gone back as far as versions are kept.",
    },
    {
      title: "All traffic to its revision",
      command: gcloud("run services update-traffic", service, inRegion, "--to-revisions=$VERSION=100"),
      hint: `See gcloud run revisions list --service=${service}.`,
    },
    ...switchTo({ service, inRegion, inGatewayRegion, gcloud, ...names }, "$VERSION"),
  ];
}

/**
 * Makes another API key, gives it to the service, and only then removes the old ones: visits are counted all the while. What is called
 * the latest version of a secret may be the one before for some time (https://cloud.google.com/secret-manager/docs/consistency), so the
 * service is told the number, and the version before stays until the next rotation: without it no instance could start meanwhile.
 */
export function rotateKey(names: Names): readonly Step[] {
  const { service, inRegion, key, secret, suffix, gcloud } = names;
  return [
    {
      title: "The service runs its newest version",
      command: gcloud("run services describe", service, inRegion, field("spec.traffic[0].latestRevision")),
      expect: /^True$/,
      hint: "After going back, a new key would not reach what runs: deploy first.",
    },
    managedService(names),
    { title: "Another API key", ...createKey(names) },
    {
      title: "It is there",
      command: gcloud("services api-keys describe", `${key}-${suffix}`, field("name.basename()")),
      saves: "KEY_ID",
      hint: "Run the same command again in a minute.",
    },
    keepKey(names),
    {
      title: "The service reads it",
      command: gcloud(
        `run services update ${service} ${inRegion}`,
        `--update-secrets=ADMIN_KEY=${secret}:$SECRET_VERSION`,
        `--revision-suffix=${suffix}`,
      ),
      waitsFor: ["secret", "grant"],
      hint: "The service's log says why a revision does not start.",
    },
    {
      title: "The keys before are no keys any more",
      each: { command: listKeys(names), skip: 1 },
      command: gcloud("services api-keys delete", "$ITEM", "--no-user-output-enabled"),
      hint: "You need roles/serviceusage.apiKeysAdmin on the project.",
    },
    {
      title: "Nor are their strings kept, but the last",
      each: {
        command: gcloud("secrets versions list", secret, "--filter=state=ENABLED", "--sort-by=~createTime", field("name.basename()")),
        skip: 2,
      },
      command: gcloud("secrets versions destroy", "$ITEM", `--secret=${secret}`),
      hint: "You need roles/secretmanager.admin on the project.",
    },
  ];
}
