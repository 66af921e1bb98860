import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ServiceError } from "../../../build/operate/service.ts";
import { type Collected, createCollector } from "../../../build/operate/sources/collect.ts";
import { LIVE } from "../../../build/operate/sources/live/counters.ts";
import { readLive } from "../../../build/operate/sources/live/read-live.ts";
import { openReadings } from "../../../build/operate/sources/live/readings.ts";
import { readSitemap } from "../../../build/operate/sources/live/sitemap.ts";
import { busuanzi, hits, vercount } from "../../../build/operate/sources/live-source.ts";
import { type FakeCounter, startFakeCounter } from "./fake-counter.ts";

const SITE = "example.com";
const SOURCES = { vercount, busuanzi, hits };
type Name = keyof typeof SOURCES;
const PAGES = { "/": 100, "/post/": 40, "/%E4%BD%A0/": 7, "/new/": 0 };
const urls = (pages: Readonly<Record<string, number>>): string[] => Object.keys(pages).map((path) => `https://${SITE}${path}`);

let folder: string;
let path: string;
let counter: FakeCounter;
let clock: number;
const pauses: number[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "footfall-live-"));
  path = join(folder, "readings.jsonl");
  clock = 0;
  pauses.length = 0;
});
afterEach(async () => {
  await counter.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Time passes only where the reader waits. */
const deps = {
  fetch,
  sleep: async (ms: number) => {
    pauses.push(ms);
    clock += ms;
  },
  note: () => {},
  update: () => {},
};

async function start(pages: Readonly<Record<string, number>> = PAGES, perMinute?: number): Promise<void> {
  counter = await startFakeCounter({ pages, siteVisits: 160, siteVisitors: 60, now: () => clock, ...(perMinute && { perMinute }) });
}

async function read(from: Name, wanted = urls(PAGES)): Promise<Collected> {
  const live = LIVE[from];
  if (!live) throw new Error(`${from} is no live counter`);
  const readings = await openReadings(path, { counter: from, site: SITE, endpoint: counter.url });
  if (!readings.complete) await readLive(live, counter.url, wanted, readings, deps);
  return collect(from);
}

async function collect(from: Name): Promise<Collected> {
  const collector = createCollector(SITE);
  SOURCES[from].parse([{ name: "readings.jsonl", text: await readFile(path, "utf8") }], collector);
  return collector.end();
}

const visitsOf = ({ lines }: Collected) => Object.fromEntries(lines.map(({ page, visits }) => [String(page), visits]));
const EXPECTED = { null: 13, "/": 100, "/post": 40, "/%E4%BD%A0": 7 };

describe("Vercount", () => {
  test("is read page by page: its pages, the site's excess over them, the site's visitors", async () => {
    await start();
    const collected = await read("vercount");
    expect(visitsOf(collected)).toEqual(EXPECTED);
    expect(collected.lines[0]).toEqual({ page: null, visits: 13, visitors: 60 });
    expect(counter.atOnce()).toBe(1);
  });

  test("is asked no more than it allows, 80 times a minute", async () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`/p${index}`, 1]));
    await start(many);
    await read("vercount", urls(many));
    expect([counter.requests.length, counter.refused()]).toEqual([200, 0]);
  });

  test("is left alone for a minute where it says that it was asked too often", async () => {
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`/p${index}`, 1]));
    await start(many, 30);
    const collected = await read("vercount", urls(many));
    expect(collected.used.visits).toBe(70);
    expect(counter.refused()).toBeGreaterThan(0);
    expect(Math.max(...pauses)).toBe(60_000);
  });

  test("is asked again as late as it says, and given up after five failures; the next run goes on", async () => {
    await start();
    counter.mishaps.push(null, 429, null, 500, 500, 500, 500, 500);
    await expect(read("vercount")).rejects.toThrow(ServiceError);
    expect(pauses).toContain(7_000);
    const before = counter.requests.length;
    expect(visitsOf(await read("vercount"))).toEqual(EXPECTED);
    expect(counter.requests.length - before).toBe(2);
  });

  test("is not read again once every page was read", async () => {
    await start();
    const first = await read("vercount");
    counter.pages.set("/post/", 41);
    expect(await read("vercount")).toEqual(first);
    expect(counter.requests.length).toBe(4);
  });
});

describe("busuanzi", () => {
  test("has the readings taken off, which it counts", async () => {
    await start();
    expect(visitsOf(await read("busuanzi"))).toEqual(EXPECTED);
    expect([counter.siteVisits, counter.pages.get("/")]).toEqual([164, 101]);
  });

  test("has also those taken off that were counted and got no answer, and not those that a dead server refused", async () => {
    await start();
    counter.mishaps.push(502, "drop", null, 502, 502, null);
    const collected = await read("busuanzi");
    expect(visitsOf(collected)).toEqual(EXPECTED);
    expect(collected.lines[0]?.visitors).toBe(60);
    expect(counter.requests.length).toBe(8);
  });

  test("goes on after a kill, which cut a line short and left a reading without an answer", async () => {
    await start();
    await openReadings(path, { counter: "busuanzi", site: SITE, endpoint: counter.url });
    await appendFile(path, `${JSON.stringify({ url: `https://${SITE}/`, asked: true })}\n{"url":"https://exam`);
    await fetch(`${counter.url}/busuanzi?jsonpCallback=x`, { headers: { Referer: `https://${SITE}/` } });
    expect(visitsOf(await read("busuanzi"))).toEqual(EXPECTED);
  });

  test("shows an HTML page instead of numbers: nothing is made up", async () => {
    await start();
    const html = (async () => new Response("<html>502</html>")) as typeof fetch;
    const readings = await openReadings(path, { counter: "busuanzi", site: SITE, endpoint: counter.url });
    const { busuanzi: live } = LIVE;
    if (!live) throw new Error("busuanzi is no live counter");
    await expect(readLive(live, counter.url, urls(PAGES), readings, { ...deps, fetch: html })).rejects.toThrow(/answered what is no count/);
  });
});

describe("hits.sh", () => {
  test("is read with its days; pages that it does not know are left out", async () => {
    const { "/new/": _, ...known } = { ...PAGES, "/post/": 41 };
    await start(Object.fromEntries(Object.entries(known).map(([page, visits]) => [page.replace(/(.)\/$/, "$1"), visits])));
    const collected = await read("hits");
    expect(collected.lines).toContainEqual({ page: "/post", visits: 41, days: { "2025-12-31": 1, "2026-01-02": 40 } });
    expect([...collected.leftOut.keys()]).toEqual(["that the counter does not know"]);
    expect(collected.used).toMatchObject({ pages: 3, visits: 148, dated: 148 });
  });
});

describe("readings", () => {
  test("of another site, counter or address are not taken for this one's", async () => {
    await start();
    await openReadings(path, { counter: "vercount", site: "a.example", endpoint: counter.url });
    await expect(read("vercount")).rejects.toThrow(/holds no readings of vercount for example.com/);
    await writeFile(path, "page,visits\n");
    await expect(read("vercount")).rejects.toThrow(/holds no readings/);
  });

  test("that somebody changed are refused", async () => {
    await start();
    await read("vercount");
    await appendFile(path, '{"url":"x","answer":{"pageVisits":-1,"siteVisits":null,"siteVisitors":null}}\n');
    await expect(collect("vercount")).rejects.toThrow(/is no reading/);
  });
});

describe("a sitemap", () => {
  beforeEach(() => start());
  const readText = (files: Readonly<Record<string, string>>) => async (address: string) => files[address] ?? "";

  test("names each page once, of its own site only", async () => {
    const text = `<urlset><url><loc> https://www.example.com/a/?b=1&amp;c=2 </loc><image:image><image:loc>https://example.com/i.png</image:loc></image:image></url>
      <url><loc><![CDATA[https://example.com/a]]></loc></url><url><loc>https://example.com/&#20320;</loc></url>
      <url><loc>https://example.org/</loc></url><url><loc>mailto:x@example.com</loc></url></urlset>`;
    expect(await readSitemap("s.xml", SITE, readText({ "s.xml": text }))).toEqual({
      urls: ["https://www.example.com/a/", "https://example.com/%E4%BD%A0"],
      others: ["https://example.org/", "mailto:x@example.com"],
    });
  });

  test("may be an index, or a text with a URL a line", async () => {
    const index = `<sitemapindex xmlns="x"><sitemap><loc>https://example.com/1.xml</loc></sitemap>
      <sitemap><loc>https://elsewhere.example/2.xml</loc></sitemap></sitemapindex>`;
    const files = { index, "https://example.com/1.xml": "https://example.com/a\r\nhttps://example.com/b\r\n" };
    expect(await readSitemap("index", SITE, readText(files))).toEqual({
      urls: ["https://example.com/a", "https://example.com/b"],
      others: [],
    });
  });

  test("without a page of the site is refused, and one that names itself ends", async () => {
    await expect(readSitemap("s", SITE, readText({ s: "https://example.org/" }))).rejects.toThrow(/names no page of example.com/);
    const loop = "<sitemapindex><sitemap><loc>https://example.com/s</loc></sitemap></sitemapindex>";
    await expect(readSitemap("s", SITE, async () => loop)).rejects.toThrow(/over 100 sitemaps/);
  });
});
