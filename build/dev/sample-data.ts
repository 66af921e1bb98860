/** How far back the sample goes, in days. */
const DAYS = 400;
const DAY_MS = 86_400_000;
const TIMEOUT_MS = 30_000;

/** Sites, and how busy their pages are on a weekday. */
const SITES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "example.com": {
    "/": 240,
    "/blog": 120,
    "/blog/counting-exactly-once": 95,
    "/blog/a-counter-in-800-bytes": 60,
    "/docs": 80,
    "/docs/getting-started": 70,
    "/docs/api": 55,
    "/docs/deploy": 24,
    "/about": 18,
    "/caf%C3%A9": 6,
    "/imprint": 2,
  },
  "blog.example.org": { "/": 40, "/2026/autumn": 22, "/2026/summer": 12, "/about": 5 },
  "shop.example.net": { "/": 90, "/basket": 30, "/checkout": 11, "/thanks": 8 },
};

/**
 * Fills a service with plausible visits, growing and resting at weekends; sites that have some already are left alone. Answers the
 * names of the sites that it filled.
 */
export async function fillWithSample(url: string, adminKey: string): Promise<string[]> {
  const filled: string[] = [];
  for (const [site, pages] of Object.entries(SITES)) {
    const query = new URLSearchParams({ site });
    const known = (await call(`${url}/v1/visits?${query}`)) as { siteVisits: number };
    if (known.siteVisits > 0) continue;
    const lines = Object.entries(pages).flatMap(([page, busy]) => linesOf(page, busy));
    const headers = { "X-API-Key": adminKey, "Idempotency-Key": crypto.randomUUID(), "Content-Type": "application/x-ndjson" };
    await call(`${url}/v1/import?${query}`, { method: "POST", headers, body: lines.join("\n") });
    filled.push(site);
  }
  return filled;
}

/** A page's lines for import: each holds a year at most. */
function linesOf(page: string, busy: number): string[] {
  const all = Array.from({ length: DAYS }, (_, ago): [string, number] => {
    const at = new Date(Date.now() - ago * DAY_MS);
    const weekday = [0, 6].includes(at.getUTCDay()) ? 0.55 : 1;
    const grown = 1 - (0.6 * ago) / DAYS;
    const chance = 0.75 + Math.random() / 2;
    // Today is not over.
    const passed = ago === 0 ? (at.getUTCHours() + 1) / 24 : 1;
    return [at.toISOString().slice(0, 10), Math.round(busy * weekday * grown * chance * passed)];
  });
  return [all.slice(0, DAYS / 2), all.slice(DAYS / 2)].map((days) => {
    const visits = days.reduce((sum, [, count]) => sum + count, 0);
    return JSON.stringify({ page, visits, days: Object.fromEntries(days) });
  });
}

async function call(url: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}
