import { addDays } from "../../src/domain/day.ts";

/** The day that the dashboard takes for today. */
export const TODAY = "2026-11-22";
export const SITE = "example.com";
export const KEY = "secret";
/** So that the reader's own numbers do not depend on the machine. */
export const NOON = new Date(`${TODAY}T12:00:00Z`);

/** Names that somebody else may send: each must be shown as text. */
export const HOSTILE = [
  "/<img src=x onerror=alert(1)>",
  "/javascript:alert(1)",
  "/evil%E2%80%AEgpj.exe",
  "/%F0%9F%90%BE/%E6%97%A5%E6%9C%AC%E8%AA%9E",
  '/"><script>alert(1)</script>',
  `/${"a".repeat(1_023)}`,
] as const;

const PAGES: Readonly<Record<string, number>> = {
  "/": 900,
  "/blog/counting-exactly-once": 620,
  "/blog": 410,
  "/docs/getting-started": 330,
  "/docs/api": 240,
  "/about": 120,
  "/blog/why-group-commit": 96,
  "/docs/deploy/cloud-run": 71,
  "/docs/deploy/workers": 52,
  "/notes/caf%C3%A9": 36,
  "/imprint": 31,
};

/** A line for import: `busy` visits a day, more or less, always the same; of ten visits six are of a visitor of their own. */
function line(page: string | null, busy: number, seed: number, withVisitors = false): string {
  const days: Record<string, number> = {};
  for (let ago = 0; ago < 60; ago += 1) {
    const day = addDays(TODAY, -ago);
    const weekend = [0, 6].includes(new Date(day).getUTCDay()) ? 0.55 : 1;
    const wave = 1 + 0.25 * Math.sin((ago + seed) / 4) + 0.15 * Math.sin((ago * seed) % 7);
    days[day] = Math.max(0, Math.round((busy / 30) * weekend * wave * (ago === 0 ? 0.4 : 1) * (1 + (60 - ago) / 120)));
  }
  const sum = Object.values(days).reduce((total, visits) => total + visits, 0);
  if (!withVisitors) return JSON.stringify({ page, visits: sum + busy * 7, days });
  const visitorDays = Object.fromEntries(Object.entries(days).map(([day, visits]) => [day, Math.ceil(visits * 0.6)]));
  const visitors = Object.values(visitorDays).reduce((total, count) => total + count, 0);
  // A line without a page has the site's own visitors, and no visits of a day.
  return JSON.stringify(
    page === null ? { page, visits: 0, visitors, visitorDays } : { page, visits: sum + busy * 7, days, visitors, visitorDays },
  );
}

/** Names that are long, or of a script that is written from the right, or joined; and as they are shown. */
export const NAMES: readonly (readonly [page: string, shown: string])[] = [
  [`/${"long-name-".repeat(60)}`, `/${"long-name-".repeat(60)}`],
  ["/%D9%85%DB%8C%E2%80%8C%D8%AE%D9%88%D8%A7%D9%87%D9%85", "/می\u200cخواهم"],
  ["/a%20b", "/a b"],
  ["/%F0%9F%91%A8%E2%80%8D%F0%9F%91%A9%E2%80%8D%F0%9F%91%A7", "/👨\u200d👩\u200d👧"],
  ["/%E6%97%A5%E6%9C%AC%E8%AA%9E", "/日本語"],
  ["/caf%C3%A9", "/café"],
];

/** Fills a service with two sites; with visitors, where it estimates them. */
export async function fill(url: string, withVisitors = false): Promise<void> {
  const pages = Object.entries(PAGES).map(([page, busy], index) => line(page, busy, index + 1, withVisitors));
  await importLines(url, SITE, withVisitors ? [...pages, line(null, 2_300, 4, true)] : pages);
  await importLines(url, "blog.example.org", [line("/", 300, 3), line("/hello", 150, 5)]);
}

/** Adds pages to a site. A store that has just started may ask to be asked again, which is safe. */
export async function importLines(url: string, site: string, lines: readonly string[]): Promise<void> {
  const headers = { "X-API-Key": KEY, "Content-Type": "application/x-ndjson", "Idempotency-Key": crypto.randomUUID() };
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(`${url}/v1/import?site=${site}`, { method: "POST", headers, body: lines.join("\n") });
    if (response.ok) return;
    if (response.status !== 503 || attempt === IMPORT_ATTEMPTS)
      throw new Error(`import answered ${response.status}: ${await response.text()}`);
  }
}

/** A site whose pages bear {@link HOSTILE} names. */
export async function fillHostile(url: string): Promise<void> {
  await importLines(
    url,
    "hostile.example",
    HOSTILE.map((page, index) => JSON.stringify({ page, visits: 10 + index, days: { [TODAY]: 5 + index } })),
  );
}

/** A site of so many pages, all visited today and yesterday. */
export async function fillMany(url: string, site: string, count: number, busiest = 1): Promise<void> {
  const yesterday = addDays(TODAY, -1);
  for (let from = 0; from < count; from += IMPORT_LINES) {
    const lines = Array.from({ length: Math.min(IMPORT_LINES, count - from) }, (_, index) => {
      const place = from + index;
      const visits = place === 0 ? busiest : 1 + (place % 7);
      const name = String(place).padStart(5, "0");
      return JSON.stringify({ page: `/archive/${name}`, visits: visits + 2, days: { [TODAY]: visits, [yesterday]: 2 } });
    });
    await importLines(url, site, lines);
  }
}

const IMPORT_LINES = 2_500;
const IMPORT_ATTEMPTS = 5;

/** A site whose pages bear {@link NAMES}. */
export async function fillNames(url: string, site: string): Promise<void> {
  await importLines(
    url,
    site,
    NAMES.map(([page], index) => JSON.stringify({ page, visits: 100 - index, days: { [TODAY]: 50 - index } })),
  );
}
