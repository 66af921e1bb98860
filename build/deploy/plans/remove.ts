import { field, type Names } from "../names.ts";
import type { Command, Step } from "../step.ts";
import { removeGuards } from "./remove-guards.ts";

/** Takes everything down but the database: what is gone already is passed over. */
export function remove(names: Names): readonly Step[] {
  const { project, service, inRegion, inGatewayRegion, accounts, key, secret, repository, sources, saltDatabase, gcloud } = names;
  const name = field("name.basename()");
  const inApi = `--api=${service}`;
  const inRepository = [`--repository=${repository}`, inRegion.replace("region", "location")];
  const step = (title: string, list: Command, command: Command): Step => ({
    title,
    each: { command: list, mayBeMissing: true },
    command,
    hint: "Google says above why not; what is gone stays gone.",
  });
  const unbind = (account: { name: string; email: string }, role: string): Step =>
    step(
      `${account.name} loses ${role}`,
      gcloud(
        `projects get-iam-policy ${project} --flatten=bindings[].members`,
        `--filter=bindings.members=serviceAccount:${account.email} AND bindings.role=${role}`,
        field("bindings.role"),
      ),
      gcloud(
        `projects remove-iam-policy-binding ${project} --member=serviceAccount:${account.email}`,
        ...["--role=$ITEM", "--condition=None", "--format=none"],
      ),
    );
  return [
    ...removeGuards(names),
    step(
      "The gateway",
      gcloud("api-gateway gateways describe", service, inGatewayRegion, name),
      gcloud("api-gateway gateways delete", "$ITEM", inGatewayRegion),
    ),
    step("Its configs", gcloud("api-gateway api-configs list", inApi, name), gcloud("api-gateway api-configs delete", "$ITEM", inApi)),
    step("The API", gcloud("api-gateway apis describe", service, name), gcloud("api-gateway apis delete", "$ITEM")),
    step(
      "The service",
      gcloud("run services list", inRegion, `--filter=metadata.name=${service}`, field("metadata.name")),
      gcloud("run services delete", "$ITEM", inRegion),
    ),
    step(
      "Its images",
      gcloud("artifacts packages list", ...inRepository, `--filter=name.basename()=${service}`, name),
      gcloud("artifacts packages delete", "$ITEM", ...inRepository),
    ),
    step(
      "What they were made of",
      gcloud("storage buckets list", `--filter=name=${sources}`, field("name")),
      gcloud("storage rm", "--recursive", `gs://$ITEM/services/${service}/`),
    ),
    step(
      "The API keys",
      gcloud("services api-keys list", `--filter=displayName=${key}`, name),
      gcloud("services api-keys delete", "$ITEM", "--no-user-output-enabled"),
    ),
    step("The secret", gcloud("secrets list", `--filter=name.basename()=${secret}`, name), gcloud("secrets delete", "$ITEM")),
    step(
      "The salts",
      gcloud("firestore databases list", `--filter=name.basename()=${saltDatabase}`, name),
      gcloud("firestore databases delete", "--database=$ITEM"),
    ),
    unbind(accounts.run, "roles/datastore.user"),
    unbind(accounts.build, "roles/run.builder"),
    ...Object.values(accounts).map((account) =>
      step(
        `Account ${account.name}`,
        gcloud("iam service-accounts list", `--filter=email=${account.email}`, field("email")),
        gcloud("iam service-accounts delete", "$ITEM"),
      ),
    ),
  ];
}
