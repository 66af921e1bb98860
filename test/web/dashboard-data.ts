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

/** A line for import: `busy` visits a day, more or less, always the same. */
function line(page: string, busy: number, seed: number): string {
  const days: Record<string, number> = {};
  for (let ago = 0; ago < 60; ago += 1) {
    const day = addDays(TODAY, -ago);
    const weekend = [0, 6].includes(new Date(day).getUTCDay()) ? 0.55 : 1;
    const wave = 1 + 0.25 * Math.sin((ago + seed) / 4) + 0.15 * Math.sin((ago * seed) % 7);
    days[day] = Math.max(0, Math.round((busy / 30) * weekend * wave * (ago === 0 ? 0.4 : 1) * (1 + (60 - ago) / 120)));
  }
  const sum = Object.values(days).reduce((total, visits) => total + visits, 0);
  return JSON.stringify({ page, visits: sum + busy * 7, days });
}

/** Fills a service with two sites. */
export async function fill(url: string): Promise<void> {
  await importLines(
    url,
    SITE,
    Object.entries(PAGES).map(([page, busy], index) => line(page, busy, index + 1)),
  );
  await importLines(url, "blog.example.org", [line("/", 300, 3), line("/hello", 150, 5)]);
}

/** Adds pages to a site. */
export async function importLines(url: string, site: string, lines: readonly string[]): Promise<void> {
  const headers = { "X-API-Key": KEY, "Content-Type": "application/x-ndjson", "Idempotency-Key": crypto.randomUUID() };
  const response = await fetch(`${url}/v1/import?site=${site}`, { method: "POST", headers, body: lines.join("\n") });
  if (!response.ok) throw new Error(`import answered ${response.status}: ${await response.text()}`);
}

/** A site whose pages bear {@link HOSTILE} names. */
export async function fillHostile(url: string): Promise<void> {
  await importLines(
    url,
    "hostile.example",
    HOSTILE.map((page, index) => JSON.stringify({ page, visits: 10 + index, days: { [TODAY]: 5 + index } })),
  );
}
