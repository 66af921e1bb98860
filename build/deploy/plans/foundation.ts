import { type Account, field, type Names } from "../names.ts";
import type { Settling } from "../settling.ts";
import type { Step } from "../step.ts";

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
  "iamcredentials",
  "run",
  "secretmanager",
  "servicecontrol",
  "servicemanagement",
].map((name) => `${name}.googleapis.com`);

/** The oldest gcloud that every command was held against; older ones refuse OpenAPI 3. */
const GCLOUD = /^(?:52[89]|5[3-9][0-9]|[6-9][0-9][0-9]|[0-9]{4,})\./;

/** What everything else stands on: accounts and roles first, as those take longest to be known everywhere, then the database. */
export function foundation(names: Names, databaseLocation: string): readonly Step[] {
  const { project, accounts, gcloud } = names;
  return [
    {
      title: "gcloud is 528 or newer",
      command: ["gcloud", "version", '--format=value("Google Cloud SDK")'],
      expect: GCLOUD,
      hint: "gcloud components update, or how you installed it: https://cloud.google.com/sdk/docs/install",
    },
    {
      title: "The project is there and you may see it",
      command: gcloud("projects describe", project, field("projectNumber")),
      saves: "PROJECT_NUMBER",
      expect: /^[0-9]+$/,
      hint: "Sign in with gcloud auth login, and look at gcloud projects list.",
    },
    {
      title: "Enable Google's services",
      command: gcloud("services enable", ...APIS),
      hint: `Link a billing account: https://console.cloud.google.com/billing/linkedaccount?project=${project}`,
    },
    createAccount(names, accounts.run, "counts in Datastore"),
    createAccount(names, accounts.build, "builds the image"),
    createAccount(names, accounts.gateway, "calls the service for the gateway"),
    grant(names, `projects add-iam-policy-binding ${project}`, accounts.run, "roles/datastore.user", "--condition=None"),
    grant(names, `projects add-iam-policy-binding ${project}`, accounts.build, "roles/run.builder", "--condition=None"),
    ...databases(names, databaseLocation),
  ];
}

function createAccount({ service, gcloud }: Names, { name, email }: Account, does: string): Step {
  return {
    title: `An account that ${does}`,
    makes: `account ${name}: ${does}`,
    check: { command: gcloud("iam service-accounts describe", email) },
    command: gcloud("iam service-accounts create", name, `--display-name=${service}: ${does}`),
    waitsFor: ["api"],
    hint: "You need roles/iam.serviceAccountAdmin on the project.",
  };
}

/** Gives an account a role by a command such as `projects add-iam-policy-binding P`; granted again it stays as it is. */
export function grant({ gcloud }: Names, binding: string, { name, email }: Account, role: string, ...more: string[]): Step {
  return {
    title: `${name} gets ${role}`,
    command: gcloud(binding, `--member=serviceAccount:${email}`, `--role=${role}`, ...more, "--format=none"),
    waitsFor: ["api", "account", "secret"],
    hint: "You need to be an owner of the project, or its roles/resourcemanager.projectIamAdmin and the service's own admin role.",
  };
}

/** The counts', and one for the salts of visitors' hashes: it is in no backup, as what it forgets is to stay forgotten. */
function databases(names: Names, location: string): readonly Step[] {
  const { gcloud, database, saltDatabase } = names;
  const waitsFor: readonly Settling[] = ["api", "database"];
  const create = (id: string, makes: string, ...more: string[]): Step => ({
    title: `The database ${id}, in Datastore mode`,
    makes: `database ${id}: ${makes}`,
    check: { command: gcloud("firestore databases describe", `--database=${id}`, field("type")), expect: /^DATASTORE_MODE$/ },
    command: gcloud("firestore databases create", `--database=${id}`, `--location=${location}`, "--type=datastore-mode", ...more),
    waitsFor: ["api"],
    hint: "If the project has a database in Native mode, take another project. If the location is unknown: gcloud firestore locations list.",
  });
  const expire = (id: string, kind: string): Step => ({
    title: `Entities of kind ${kind} expire`,
    check: {
      command: gcloud("firestore fields ttls list", `--database=${id}`, `--collection-group=${kind}`, field("ttlConfig.state")),
      expect: /ACTIVE|CREATING/,
    },
    command: gcloud(`firestore fields ttls update expireAt --database=${id} --collection-group=${kind} --enable-ttl --async`),
    waitsFor,
    hint: "A new database takes a minute before it can be changed.",
  });
  return [
    create(database, "the counts, protected from deletion", "--delete-protection"),
    create(saltDatabase, "what tells visitors apart for a day, where visitors are estimated"),
    // src/stores/datastore/layout.ts and salts.ts write these kinds.
    expire(database, "visit"),
    expire(database, "batch"),
    expire(saltDatabase, "salt"),
    {
      title: "The index for the pages with the most visits",
      command: gcloud("datastore indexes create", "build/indexes/index.yaml", `--database=${database}`),
      waitsFor,
      hint: "A new database takes a minute before it can be changed.",
    },
  ];
}
