import { randomUUID } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../build/process.ts";
import { nodeOnDatastore } from "../http/rows.ts";
import type { NodeServer } from "../support/artefacts.ts";
import { openPage, startBrowser } from "../support/browser.ts";
import { requires } from "../support/skip.ts";
import { KEY, type Listening, type LocalGateway, startBackend, startGateway } from "./local.ts";

/** Every host name is this machine, to the browser of these tests. */
const BLOG = "blog.example";

/** What a page's script sends. */
interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** What a page's script learns of an answer. */
interface Seen {
  readonly status?: number;
  readonly requestId?: string | null;
  readonly body?: unknown;
  readonly error?: string;
}

requires("chromium", "emulator")("a page of one origin, and the gateway on another", () => {
  let browser: Browser;
  let server: NodeServer;
  let gateway: LocalGateway;
  let website: Listening;
  let restart: () => Promise<NodeServer>;

  beforeAll(async () => {
    const place = await nodeOnDatastore.place();
    const port = String(await freePort());
    restart = () => place.start({ SITES: BLOG, ADMIN_KEY: KEY, PORT: port });
    server = await restart();
    gateway = await startGateway({ backend: server.url });
    website = await startBackend((request, response) => {
      const script = request.url?.startsWith("/plain") ? "" : `<script defer src="${at(gateway, "gateway.example")}/embed.js"></script>`;
      response.setHeader("Content-Type", "text/html").end(`<!doctype html><title>Blog</title><b data-visits></b>${script}`);
    });
    browser = await startBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await website?.stop();
    await gateway?.stop();
    await server?.stop();
  });

  const visit = async (path: string) => {
    const opened = await openPage(browser);
    await opened.page.goto(at(website, BLOG) + path);
    return opened;
  };
  const shown = async (page: Page) => {
    const number = await page.waitForFunction('document.querySelector("[data-visits]").textContent');
    return await number.jsonValue();
  };
  const fetchFrom = (page: Page, path: string, init: Sent = {}): Promise<Seen> =>
    page.evaluate(
      async ({ url, init }) => {
        try {
          const response = await fetch(url, init);
          return { status: response.status, requestId: response.headers.get("X-Request-Id"), body: await response.json() };
        } catch (error) {
          return { error: String(error) };
        }
      },
      { url: at(gateway, "gateway.example") + path, init },
    );

  test("is counted by its script, which shows the number", async () => {
    for (const visits of ["1", "2"]) {
      const { page, complaints } = await visit("/script");
      expect(await shown(page)).toBe(visits);
      expect(complaints).toEqual([]);
    }
  });

  test("is counted by a request that is preflighted", async () => {
    const { page, complaints } = await visit("/plain/preflighted");
    const init = {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": randomUUID() },
      body: JSON.stringify({ page: "/preflighted" }),
    };
    const earlier = gateway.requests.length;
    const totals = { site: BLOG, page: "/preflighted", visits: 1, siteVisits: expect.any(Number) };
    const first = await fetchFrom(page, "/v1/visits", init);
    expect(first).toMatchObject({ status: 200, requestId: expect.any(String), body: { ...totals, counted: true } });
    const again = await fetchFrom(page, "/v1/visits", init);
    expect(again.body).toMatchObject({
      ...totals,
      siteVisits: (first.body as typeof totals).siteVisits,
      counted: false,
      reason: "duplicate",
    });
    // The browser keeps the first preflight's answer.
    expect(gateway.requests.slice(earlier)).toEqual(["OPTIONS", "POST", "POST"].map((method) => `${method} /v1/visits`));
    expect(complaints).toEqual([]);
  });

  test("can read the service's refusals, and not the gateway's own", async () => {
    const { page, complaints } = await visit("/plain/refusals");
    const mismatch = await fetchFrom(page, "/v1/visits", { method: "POST", body: '{"site":"other.example"}' });
    expect(mismatch).toMatchObject({ status: 403, requestId: expect.any(String), body: { type: "urn:footfall:site-mismatch" } });
    const unreadable = { error: "TypeError: Failed to fetch" };
    expect(await fetchFrom(page, "/v2/visits")).toEqual(unreadable);
    expect(await fetchFrom(page, "/v1/health", { method: "POST" })).toEqual(unreadable);
    expect(await fetchFrom(page, "/v1/visits", { method: "PUT", body: "{}" })).toEqual(unreadable);
    expect(complaints.filter((text) => text.includes("blocked by CORS policy"))).toHaveLength(3);
  });

  test("is counted once where the service is killed between two visits, as its script sends the second until it is", async () => {
    const { page } = await visit("/first");
    expect(await shown(page)).toBe("1");
    await server.process.stop("SIGKILL");
    const failed = page.waitForEvent("requestfailed");
    await page.evaluate('history.pushState(null, "", "/second")');
    expect((await failed).url()).toBe(`${at(gateway, "gateway.example")}/v1/visits`);
    server = await restart();
    await page.waitForFunction('window.footfall?.page === "/second" && window.footfall.visits');
    expect((await fetchFrom(page, "/v1/visits?page=/first&page=/second")).body).toMatchObject({ pages: [{ visits: 1 }, { visits: 1 }] });
  });
});

/** The same port, by another name. */
function at({ url }: Listening, host: string): string {
  return `http://${host}:${new URL(url).port}`;
}
