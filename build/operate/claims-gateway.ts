import { equal, ok } from "node:assert/strict";
import { type Answer, type Check, refused } from "./probe.ts";

/** What is believed of API Gateway; each needs the service's URL to be the gateway's. */
export const gatewayClaims: readonly Check[] = [
  {
    title: "it refuses an unknown path (unless TAKEOVER has hits) and an unknown method itself, without CORS",
    async run({ ask }) {
      own(await ask("GET", "/v1/nothing-here"), 404);
      own(await ask("PATCH", "/v1/visits"), 405);
    },
  },
  {
    title: "it refuses administration without a key (401) and with one that is not Google's (400), before the service sees it",
    async run({ ask, page }) {
      const query = new URLSearchParams({ page });
      own(await ask("DELETE", `/v1/visits?${query}`), 401);
      own(await ask("DELETE", `/v1/visits?${query}`, { headers: { "X-API-Key": "wrong" } }), 400);
    },
  },
  {
    title: "it lets preflights through to the service, which answers them",
    async run({ ask, site }) {
      const answer = await ask("OPTIONS", "/v1/import", {
        headers: { Origin: `https://${site}`, "Access-Control-Request-Method": "POST" },
      });
      equal(answer.status, 204);
      ok(answer.headers.has("access-control-allow-methods"), "the service's CORS headers are there");
    },
  },
  {
    title: "a method override is no way around the key",
    async run({ ask, visits, site, page }) {
      const before = await visits();
      const query = new URLSearchParams({ page });
      const headers = { "X-HTTP-Method-Override": "DELETE" };
      refused(await ask("POST", `/v1/visits?${query}`, { headers, body: { site, page } }), [400, 401]);
      equal(await visits(), before);
    },
  },
  {
    title: "the caller's Authorization, real or forged as forwarded, reaches nothing: the service is still called by the gateway's account",
    async run({ ask }) {
      const headers = { Authorization: "Bearer forged", "X-Forwarded-Authorization": "Bearer forged" };
      equal((await ask("GET", "/v1/visits", { headers })).status, 200);
    },
  },
  {
    title: "it passes HEAD, a repeated query parameter and an encoded slash on as they are",
    async run({ ask, site }) {
      equal((await ask("HEAD", "/v1/visits")).status, 200);
      const answer = await ask("GET", `/v1/visits?site=${encodeURIComponent(site)}&page=%2Fa&page=%2Fb%252Fc`);
      equal(JSON.stringify((answer.json["pages"] as { page: string }[]).map(({ page }) => page)), '["/a","/b%2Fc"]');
    },
  },
];

/** Google's own refusal: `{"code","message"}`, and no CORS headers. */
function own(answer: Answer, status: number): void {
  refused(answer, [status]);
  equal(answer.json["code"], status, `the gateway did not make this answer: ${answer.text.slice(0, 200)}`);
  ok(!answer.headers.has("access-control-allow-origin"), "there are CORS headers");
}
