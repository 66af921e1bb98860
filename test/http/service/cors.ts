import { describe, expect, test } from "vitest";
import { FROM_SITE, type Rig } from "./rig.ts";

const ELSEWHERE = { Origin: "https://elsewhere.net" };
const WITH_PORT = { Origin: "http://www.example.com:3000" };

/** Who may read which answer. */
const answers: readonly [what: string, target: string, headers: Record<string, string>, status: number, allowed: string | undefined][] = [
  ["a visit's answer is for its origin", "POST /visits", FROM_SITE, 200, FROM_SITE.Origin],
  ["www and a port are of the same site", "POST /visits", WITH_PORT, 200, WITH_PORT.Origin],
  ["without an origin everyone may read", "GET /visits", {}, 200, "*"],
  ["a refused origin may read the refusal", "POST /visits", ELSEWHERE, 403, "*"],
  ["every origin may read a count", "GET /visits?site=example.com", ELSEWHERE, 200, "*"],
  ["Origin: null may read a count", "GET /visits?site=example.com", { Origin: "null" }, 200, "*"],
  ["a public read's error is for every origin", "GET /visits?page=%00", FROM_SITE, 400, "*"],
  ["400 is for its origin", "POST /visits?page=%00", FROM_SITE, 400, FROM_SITE.Origin],
  ["401 is for its origin", "GET /v1/sites", FROM_SITE, 401, FROM_SITE.Origin],
  ["404 is for its origin", "GET /nothing", FROM_SITE, 404, FROM_SITE.Origin],
  ["405 is for its origin", "PATCH /visits", FROM_SITE, 405, FROM_SITE.Origin],
  ["health is for every origin", "GET /v1/health", ELSEWHERE, 200, "*"],
  ["a badge is for everyone", "GET /v1/badge", FROM_SITE, 200, "*"],
  ["a badge is for strangers too", "GET /v1/badge?site=example.com", ELSEWHERE, 200, "*"],
  ["a pixel's refusal is for everyone", "GET /v1/pixel?site=elsewhere.net", FROM_SITE, 403, "*"],
];

/** Which paths a script asks before it sends, and what it may send. */
const preflights: readonly [path: string, methods: readonly string[]][] = [
  ["/visits", ["GET", "POST", "PUT", "DELETE"]],
  ["/v1/visits", ["GET", "POST", "PUT", "DELETE"]],
  ["/v1/sites", ["GET"]],
  ["/v1/series", ["GET"]],
  ["/v1/import", ["POST"]],
  ["/v1/badge", ["GET"]],
];

/** What browsers ask and check. */
export function cors(rig: () => Rig): void {
  describe("CORS", () => {
    test.each(answers)("%s", async (_, target, headers, status, allowed) => {
      const answer = await rig().guarded.send(target, { headers });
      expect(answer.status).toBe(status);
      expect(answer.headers["access-control-allow-origin"]).toBe(allowed);
      expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
      expect(answer.headers["access-control-expose-headers"]).toBe("Retry-After, X-Request-Id");
      expect(answer.headers.vary).toMatch(/\bOrigin\b/);
      expect(answer.headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "strict-transport-security": "max-age=31536000",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      });
      expect(answer.headers["cross-origin-resource-policy"]).toBe(/badge|pixel/.test(target) ? "cross-origin" : undefined);
    });

    test.each(preflights)("a preflight of %s allows its methods and the headers that the API knows", async (path, methods) => {
      const headers = { ...FROM_SITE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type" };
      const answer = await rig().guarded.send(`OPTIONS ${path}`, { headers });
      expect([answer.status, answer.text]).toEqual([204, ""]);
      expect(answer.headers["access-control-allow-origin"]).toBe(path === "/v1/badge" ? "*" : FROM_SITE.Origin);
      expect(answer.headers["access-control-allow-methods"]?.split(", ")).toEqual(expect.arrayContaining([...methods]));
      expect(answer.headers["access-control-allow-headers"]).toBe("Content-Type, Idempotency-Key, X-API-Key");
      expect(answer.headers["access-control-max-age"]).toBe("86400");
    });

    test("a preflight of an origin that is not allowed is answered, so that its script can read the refusal", async () => {
      const headers = { ...ELSEWHERE, "Access-Control-Request-Method": "POST" };
      const answer = await rig().guarded.send("OPTIONS /visits", { headers });
      expect(answer).toMatchObject({ status: 204, headers: { "access-control-allow-origin": "*", "access-control-max-age": "86400" } });
    });

    test("a preflight of an unknown path is a 404", async () => {
      expect((await rig().guarded.send("OPTIONS /nothing", { headers: FROM_SITE })).status).toBe(404);
    });
  });
}
