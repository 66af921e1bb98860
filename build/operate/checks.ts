import { deepEqual, equal, match, ok } from "node:assert/strict";
import { answered, type Check, newId, type Probe, refused } from "./probe.ts";

/** Visits that are sent at once, each of them twice: under a client's limit of 120 a minute with all the others. */
const CROWD = 20;
const CRAWLER = {
  "User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
  "Sec-Fetch-Site": "cross-site",
};

/** On an image, a program's own User-Agent is a crawler's. */
const BROWSER = { "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" };

/** What the contract promises, as far as a caller can see it; in this order, as later checks know what earlier ones counted. */
export const CHECKS: readonly Check[] = [
  {
    title: "the service and its store answer",
    async run({ ask }) {
      answered(await ask("GET", "/v1/health"), { status: "ok" });
    },
  },
  {
    title: "a visit is counted, and answered with the new totals",
    async run({ count, visits, site, page }) {
      const before = await visits();
      const answer = await count();
      answered(answer, { site, page, visits: before + 1, counted: true });
      ok(Number(answer.json["siteVisits"]) > before, "siteVisits is at least the page's");
      equal(answer.headers.get("cache-control"), "no-store");
      equal(await visits(), before + 1);
    },
  },
  {
    title: "the same id again is a duplicate, and with another page a 422",
    async run({ count, visits, page }) {
      const id = newId();
      const before = await visits();
      answered(await count(id), { visits: before + 1, counted: true });
      answered(await count(id), { visits: before + 1, counted: false, reason: "duplicate" });
      refused(await count(id, { page: `${page}/other` }), [422]);
      equal(await visits(), before + 1);
    },
  },
  {
    title: `${CROWD} visits at once, each sent twice, are ${CROWD} visits`,
    async run({ count, visits }) {
      const before = await visits();
      const ids = Array.from({ length: CROWD }, newId);
      const answers = await Promise.all([...ids, ...ids].map((id) => count(id)));
      equal(answers.filter(({ json }) => json["counted"] === true).length, CROWD);
      equal(await visits(), before + CROWD);
    },
  },
  {
    title: "one page has one counter, however its path is written",
    async run({ count, visits, page }) {
      const before = await visits();
      for (const other of [`${page}/`, `/${page}`, `${page}/index.html`, `${page}?a=1#b`]) {
        const answer = await count(undefined, { page: other });
        equal(answer.json["page"], page);
      }
      equal(await visits(), before + 4);
    },
  },
  {
    title: "a crawler, a HEAD and a prefetch are not counted",
    async run({ ask, count, visits, site, page }) {
      const before = await visits();
      answered(await count(undefined, { headers: CRAWLER }), { counted: false, reason: "bot" });
      const pixel = `/v1/pixel?${new URLSearchParams({ site, page })}`;
      await ask("HEAD", pixel, { headers: BROWSER });
      await ask("GET", pixel, { headers: { ...BROWSER, "Sec-Purpose": "prefetch" } });
      equal(await visits(), before);
    },
  },
  {
    title: "the pixel is an image that counts, the badge one that shows",
    async run({ ask, visits, site, page }) {
      const before = await visits();
      const query = new URLSearchParams({ site, page });
      const pixel = await ask("GET", `/v1/pixel?${query}`, { headers: BROWSER });
      match(pixel.headers.get("content-type") ?? "", /^image\/gif/);
      equal(pixel.headers.get("cross-origin-resource-policy"), "cross-origin");
      const badge = await ask("GET", `/v1/badge?${query}`);
      match(badge.headers.get("content-type") ?? "", /^image\/svg\+xml/);
      match(badge.text, /<svg/);
      equal(await visits(), before + 1);
    },
  },
  {
    title: "a page's script is let through: preflight, and CORS on the answer and on a refusal",
    async run({ ask, count, site }) {
      const origin = `https://${site}`;
      const preflight = await ask("OPTIONS", "/v1/visits", {
        headers: { Origin: origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type" },
      });
      equal(preflight.status, 204);
      equal(preflight.headers.get("access-control-allow-origin"), origin);
      match(preflight.headers.get("access-control-allow-methods") ?? "", /POST/);
      match(preflight.headers.get("access-control-allow-headers") ?? "", /Idempotency-Key/i);
      const bad = await count("short", { headers: { Origin: origin } });
      refused(bad, [400]);
      equal(bad.headers.get("access-control-allow-origin"), origin);
    },
  },
  {
    title: "a bad id, type, page or path is refused with what is allowed",
    async run({ ask, count }) {
      const short = await count("short");
      refused(short, [400]);
      match(String(short.json["detail"]), /8 to 128/);
      refused(await ask("POST", "/v1/visits", { body: "<a/>", headers: { "Content-Type": "text/xml" } }), [415]);
      refused(await count(undefined, { page: "/%00" }), [400]);
      refused(await ask("GET", "/v1/nothing-here"), [404]);
    },
  },
  {
    title: "the script, the dashboard and the contract are served",
    async run({ ask }) {
      const script = await ask("GET", "/embed.js");
      match(script.headers.get("content-type") ?? "", /javascript/);
      equal(script.headers.get("access-control-allow-origin"), "*");
      match((await ask("GET", "/")).headers.get("content-type") ?? "", /^text\/html/);
      match(String((await ask("GET", "/openapi.json")).json["openapi"]), /^3\.1\./);
    },
  },
  {
    title: "without the key, and with a wrong one, nothing is changed and nothing shown",
    async run(probe) {
      const before = await probe.visits();
      for (const headers of [
        {},
        { "X-API-Key": "wrong" },
        { Authorization: "Bearer wrong", "X-Forwarded-Authorization": "Bearer wrong" },
      ]) {
        for (const answer of await administer(probe, headers)) refused(answer, [400, 401, 403]);
      }
      equal(await probe.visits(), before);
    },
  },
  {
    title: "an import adds, and sent again adds nothing",
    keyed: true,
    async run({ ask, key = "", visits, site, page }) {
      const before = await visits();
      const body = `${JSON.stringify({ page, visits: 5, days: { "2020-02-29": 3 } })}\n`;
      const headers = { "X-API-Key": key, "Idempotency-Key": newId(), "Content-Type": "application/x-ndjson" };
      for (let times = 0; times < 2; times += 1) {
        answered(await ask("POST", `/v1/import?site=${encodeURIComponent(site)}`, { body, headers }), { lines: 1, visits: 5 });
        equal(await visits(), before + 5);
      }
      refused(await ask("POST", `/v1/import?site=${encodeURIComponent(site)}`, { body: body.replace("5", "6"), headers }), [422]);
    },
  },
  {
    title: "lists, series and export show the page with its days",
    keyed: true,
    async run({ ask, key = "", visits, site, page }) {
      const headers = { "X-API-Key": key };
      const total = await visits();
      const series = await ask("GET", `/v1/series?${new URLSearchParams({ site, page, from: "2020-02-28", to: "2020-03-01" })}`, {
        headers,
      });
      answered(series, { site, page });
      const points = series.json["points"] as { date: string; visits: number }[];
      deepEqual(
        points.map(({ date }) => date),
        ["2020-02-28", "2020-02-29", "2020-03-01"],
      );
      ok((points[1]?.visits ?? 0) >= 3, "the imported day has its visits");
      const sites = (await ask("GET", "/v1/sites", { headers })).json["sites"] as { site: string }[];
      ok(
        sites.some((one) => one.site === site),
        "the site is listed",
      );
      const { text } = await ask("GET", `/v1/export?site=${encodeURIComponent(site)}`, { headers });
      const lines = text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as { page: string; visits: number });
      equal(
        lines.filter((line) => line.page === page).reduce((sum, line) => sum + line.visits, 0),
        total,
      );
    },
  },
  {
    title: "a total can be set, and a page removed with all that these checks have counted",
    keyed: true,
    async run({ ask, key = "", visits, site, page }) {
      const headers = { "X-API-Key": key };
      answered(await ask("PUT", "/v1/visits", { body: { site, page, visits: 1_000 }, headers }), { site, page, visits: 1_000 });
      equal((await ask("DELETE", `/v1/visits?${new URLSearchParams({ site, page })}`, { headers })).status, 204);
      equal(await visits(), 0);
    },
  },
];

/** Every route of administration, once. */
function administer({ ask, site, page }: Probe, headers: Record<string, string>) {
  const query = new URLSearchParams({ site, page });
  return Promise.all([
    ask("PUT", "/v1/visits", { body: { site, page, visits: 7 }, headers }),
    ask("DELETE", `/v1/visits?${query}`, { headers }),
    ask("POST", `/v1/import?site=${encodeURIComponent(site)}`, {
      body: JSON.stringify({ page, visits: 7 }),
      headers: { ...headers, "Idempotency-Key": newId() },
    }),
    ask("GET", `/v1/export?site=${encodeURIComponent(site)}`, { headers }),
  ]);
}
