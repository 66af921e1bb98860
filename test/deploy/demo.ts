import type { Deployment } from "../../build/deploy/options.ts";
import { type Command, PLACEHOLDER } from "../../build/deploy/step.ts";

/** A deployment with every kind of value: several sites, settings with commas and spaces. */
export const DEMO: Deployment = {
  project: "demo-project",
  region: "europe-west1",
  gatewayRegion: "europe-west1",
  databaseLocation: "europe-west1",
  service: "footfall",
  settings: { SITES: "example.com,blog.example.org", PAGES: "/,/blog/*", PUBLIC_STATS: "true" },
  maxInstances: 4,
  guards: { email: "me@example.com", budget: 20 },
};

/** The same without guards: a third of the steps less. */
export const PLAIN: Deployment = { ...DEMO, guards: null };

/** The first as options. */
export const OPTIONS = [
  ...["--project", DEMO.project, "--region", DEMO.region, "--sites", "example.com,blog.example.org"],
  ...["--set", "PAGES=/,/blog/*", "--set", "PUBLIC_STATS=true", "--with-guards", "me@example.com"],
];

/** What the stand-in for gcloud answers to the steps that save something, and a name of a list's. */
const SAVED: Readonly<Record<string, string>> = {
  PROJECT_NUMBER: "123456789012",
  MANAGED_SERVICE: "footfall-a1b2c3.apigateway.demo-project.cloud.goog",
  KEY_ID: "footfall-admin-v1",
  GATEWAY_HOST: "footfall-a1b2c3.ew.gateway.dev",
  CURRENT: "footfall-v2",
  VERSION: "footfall-v1",
  BILLING_ACCOUNT: "000000-000000-000000",
  CHANNEL: "channels-1",
  TAKEOVER: "busuanzi,leancloud",
  SECRET_VERSION: "2",
  // What an account may be called as well.
  ITEM: "123456789012345678901",
};

/** A command as it is run. */
export function filled([program, ...args]: Command): Command {
  return [program, ...args.map((arg) => arg.replace(PLACEHOLDER, (name) => SAVED[name.slice(1)] ?? name))];
}
