import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { startSample } from "../../build/sample/serve.ts";
import { type Served, startNodeServer, startWorker } from "../support/artefacts.ts";
import { type Opened, openPage, startBrowser } from "../support/browser.ts";
import { type Asked, type Gate, startGate } from "./embed-gate.ts";

/** The service, started as a user starts it, by the name of its runtime. */
export const RUNTIMES: Readonly<Record<string, (settings: Record<string, string>) => Promise<Served>>> = {
  "the Node server": async (settings) => {
    const folder = await mkdtemp(join(tmpdir(), "footfall-"));
    const server = await startNodeServer({ ...settings, STORE: "sqlite", SQLITE_PATH: join(folder, "visits.sqlite") });
    return {
      ...server,
      async stop() {
        await server.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
  Miniflare: (settings) => startWorker(settings),
};

/** How long a test polls for what comes by itself: a browser and its pages take their time on a loaded machine. */
export const PATIENCE = { timeout: 30_000 };

/** A website of its own for each test, all of which may count. */
const SITES = Array.from({ length: 100 }, (_, index) => `site${index}.example`);

/** What runs for a test: a service behind a gate, the sample website behind another, and a browser. */
export interface Stage {
  readonly api: Gate;
  readonly web: Gate;
  /** A website that no other test has. */
  newSite(): string;
  /** The address of a page of the sample website. */
  at(site: string, path: string): string;
  /** Pages, and scripts, beside the sample's, by path; a promise is answered when it resolves. */
  readonly pages: Map<string, string | Promise<string>>;
  open(options?: BrowserContextOptions): Promise<Opened>;
  /** In the whole browser, with its back/forward cache. */
  openCached(): Promise<Opened>;
  /** What the service has counted. */
  totals(site: string, ...pages: readonly string[]): Promise<{ siteVisits: number; visits: number[] }>;
  /** What came to the service from a site's pages in order to count. */
  counts(site: string): Asked[];
  /** Makes all pass again, and closes every page. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** Sets the stage for one runtime. */
export async function setStage(start: (settings: Record<string, string>) => Promise<Served>): Promise<Stage> {
  const service = await start({ SITES: ["127.0.0.1", ...SITES].join(","), VISITS_PER_MINUTE: "1000000" });
  const api = await startGate(service.url);
  const sample = await startSample(api.url);
  const web = await startGate(sample.url);
  const browsers: Record<string, Promise<Browser>> = {};
  const browser = (cached: boolean) => (browsers[`${cached}`] ??= startBrowser(cached));
  const free = SITES.values();
  const pages = new Map<string, string | Promise<string>>();
  web.decide = async ({ path }) => {
    const file = path.split("?", 1)[0] ?? "";
    const body = await pages.get(file);
    const headers = { "Content-Type": `${file.endsWith(".js") ? "text/javascript" : "text/html"}; charset=utf-8` };
    return body === undefined ? "pass" : { status: 200, body, headers };
  };

  return {
    api,
    web,
    pages,
    newSite: () => free.next().value ?? "no site is left",
    at: (site, path) => `http://${site}:${web.port}${path}`,
    open: async (options) => openPage(await browser(false), options),
    openCached: async () => openPage(await browser(true)),
    async totals(site, ...asked) {
      const query = new URLSearchParams([["site", site], ...asked.map((page) => ["page", page])]);
      const response = await fetch(`${service.url}/v1/visits?${query}`);
      const { siteVisits, pages: found } = (await response.json()) as { siteVisits: number; pages: { visits: number }[] };
      return { siteVisits, visits: found.map(({ visits }) => visits) };
    },
    counts: (site) => api.asked.filter(({ method, headers }) => method === "POST" && URL.parse(headers.origin ?? "")?.hostname === site),
    async clear() {
      api.decide = null;
      pages.clear();
      for (const one of Object.values(browsers)) await Promise.all((await one).contexts().map((context) => context.close()));
    },
    async stop() {
      for (const one of Object.values(browsers)) await (await one).close();
      for (const one of [web, sample, api, service]) await one.stop();
    },
  };
}
