import { read } from "../../src/environment.ts";
import { DATASTORE_DATABASE_ID } from "../../src/settings.ts";
import type { Deployment } from "./options.ts";
import type { Command } from "./step.ts";

/** A service account of the deployment. */
export interface Account {
  readonly name: string;
  readonly email: string;
}

/** How a deployment's things are called; every plan has the same names for them. */
export interface Names {
  readonly project: string;
  readonly service: string;
  readonly inRegion: string;
  readonly inGatewayRegion: string;
  /** This version: its revision and its API config bear this name. */
  readonly version: string;
  /** The part of it that is no service's name. */
  readonly suffix: string;
  readonly accounts: { readonly run: Account; readonly build: Account; readonly gateway: Account };
  /** The display name of the API key; its id has the version behind it. */
  readonly key: string;
  readonly secret: string;
  readonly database: string;
  /** As src/stores/datastore/open.ts names it. */
  readonly saltDatabase: string;
  /** Where Cloud Run puts images, and what it makes them of. */
  readonly repository: string;
  readonly sources: string;
  /** @param command with spaces between its words, such as `run services list`; what may hold a space is an argument of its own */
  gcloud(command: string, ...args: string[]): Command;
}

/** @param release tells this version from others; they sort by it: lower-case letters, digits and `-` */
export function namesOf({ project, region, gatewayRegion, service, settings }: Deployment, release: string): Names {
  const account = (role: string): Account => ({
    name: `${service}-${role}`,
    email: `${service}-${role}@${project}.iam.gserviceaccount.com`,
  });
  const databaseId = read(settings, DATASTORE_DATABASE_ID);
  return {
    ...{ project, service },
    inRegion: `--region=${region}`,
    inGatewayRegion: `--location=${gatewayRegion}`,
    version: `${service}-${release}`,
    suffix: release,
    accounts: { run: account("run"), build: account("build"), gateway: account("gateway") },
    key: `${service}-admin`,
    secret: `${service}-admin-key`,
    database: databaseId || "(default)",
    saltDatabase: `${databaseId || "default"}-salts`,
    repository: "cloud-run-source-deploy",
    sources: `run-sources-${project.replace(/[:.]/g, "_").replace("google", "elgoog")}-${region}`,
    gcloud: (command, ...args) => ["gcloud", ...command.split(" "), ...args, `--project=${project}`, "--quiet"],
  };
}

/** What a description says of one field. */
export function field(name: string): string {
  return `--format=value(${name})`;
}
