import type { Deployment } from "../../build/deploy/options.ts";

/** A deployment with every kind of value: several sites, settings with commas and spaces. */
export const DEMO: Deployment = {
  project: "demo-project",
  region: "europe-west1",
  gatewayRegion: "europe-west1",
  databaseLocation: "europe-west1",
  service: "footfall",
  settings: { SITES: "example.com,blog.example.org", PAGES: "/,/blog/*", PUBLIC_STATS: "true" },
  maxInstances: 4,
};

/** The same as options. */
export const OPTIONS = [
  ...["--project", DEMO.project, "--region", DEMO.region, "--sites", "example.com,blog.example.org"],
  ...["--set", "PAGES=/,/blog/*", "--set", "PUBLIC_STATS=true"],
];

/** What the stand-in for gcloud answers to the steps that save something. */
export const SAVED = new Map([
  ["BACKEND_ADDRESS", "https://footfall-a1b2c3-ew.a.run.app"],
  ["MANAGED_SERVICE", "footfall-a1b2c3.apigateway.demo-project.cloud.goog"],
  ["GATEWAY_HOST", "footfall-a1b2c3.ew.gateway.dev"],
]);
