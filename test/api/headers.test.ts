import { describe, expect, test } from "vitest";
import { ROUTE_DOCS } from "../../build/openapi/contract.ts";
import { ADMIN, FROM_SITE, startService } from "./service.ts";

describe("CORS", () => {
  const cases: [string, string, Record<string, string>, number, string | null][] = [
    ["an allowed origin is echoed", "POST /visits", FROM_SITE, 200, "https://example.com"],
    ["www and a port are of the same site", "POST /visits", { Origin: "http://www.example.com:3000" }, 200, "http://www.example.com:3000"],
    ["without an origin everyone may read", "GET /visits", {}, 200, "*"],
    ["a refused origin may read the refusal", "POST /visits", { Origin: "https://elsewhere.net" }, 403, "*"],
    ["Origin: null may read the refusal", "POST /visits", { Origin: "null" }, 403, "*"],
    ["a public read is for every origin", "GET /visits?site=example.com", { Origin: "https://elsewhere.net" }, 200, "*"],
    ["a public read is for Origin: null", "GET /visits", { Origin: "null" }, 200, "*"],
    ["a public read's error is for every origin", "GET /visits?page=%00", FROM_SITE, 400, "*"],
    ["a list is for allowed origins", "GET /v1/sites", { Origin: "https://elsewhere.net" }, 200, null],
    ["a refused origin may read its preflight", "OPTIONS /visits", { Origin: "https://elsewhere.net" }, 204, "*"],
    ["404 is for its origin", "GET /nothing", FROM_SITE, 404, "https://example.com"],
    ["405 is for its origin", "PATCH /visits", FROM_SITE, 405, "https://example.com"],
    ["a badge is for everyone", "GET /v1/badge", FROM_SITE, 200, "*"],
    ["a pixel is for everyone", "GET /v1/pixel", FROM_SITE, 200, "*"],
    ["a pixel's refusal is for everyone", "GET /v1/pixel?site=elsewhere.net", FROM_SITE, 403, "*"],
    ["a badge's 405 is for everyone", "POST /v1/badge", FROM_SITE, 405, "*"],
  ];
  test.each(cases)("%s", async (_, target, headers, status, origin) => {
    const { send } = startService();
    const answer = await send(target, { headers });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
    expect(answer.headers.get("access-control-expose-headers")).toBe("Retry-After, X-Request-Id");
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
    expect(answer.headers.get("vary")).toBe("Origin");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("strict-transport-security")).toBe("max-age=31536000");
    expect(answer.headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
  });

  test("a preflight names the path's methods and the headers that may be sent", async () => {
    const { send } = startService();
    const { status, text, headers } = await send("OPTIONS /v1/visits", { headers: FROM_SITE });
    expect([status, text]).toEqual([204, ""]);
    expect(headers.get("access-control-allow-methods")).toBe("GET, HEAD, POST, PUT, DELETE, OPTIONS");
    expect(headers.get("access-control-allow-headers")).toBe("Content-Type, Idempotency-Key, X-API-Key");
    expect(headers.get("access-control-max-age")).toBe("86400");
  });

  test("badge and pixel may be embedded everywhere", async () => {
    const { send } = startService();
    for (const path of ["/v1/badge", "/v1/pixel"]) {
      expect((await send(`GET ${path}`)).headers.get("cross-origin-resource-policy")).toBe("cross-origin");
    }
    expect((await send("GET /visits")).headers.has("cross-origin-resource-policy")).toBe(false);
  });
});

describe("routes", () => {
  const routes = Object.entries(ROUTE_DOCS).filter(([, { group }]) => group !== "Pages");
  test.each(routes)("%s answers at its path, and at its other one", async (route, { alias }) => {
    const [method = "", path = ""] = route.split(" ");
    const { send } = startService();
    for (const target of alias ? [path, alias] : [path]) {
      const { status, json } = await send(`${method} ${target}`, { headers: ADMIN });
      expect([200, 400]).toContain(status);
      if (status === 400) expect(json.type).toBe("urn:footfall:invalid-input");
    }
  });

  test.each([
    ["PATCH /v1/visits", "GET, HEAD, POST, PUT, DELETE, OPTIONS"],
    ["POST /v1/sites", "GET, HEAD, DELETE, OPTIONS"],
    ["HEAD /v1/import", "POST, OPTIONS"],
    ["DELETE /visits/x/../../v1/health", "GET, HEAD, OPTIONS"],
  ])("%s is not allowed, and Allow says what is", async (target, allow) => {
    const { send, log } = startService();
    const answer = await send(target);
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe(allow);
    expect(log).toEqual([]);
  });

  test.each(["GET /v2/visits", "OPTIONS /nothing", "POST /v1", "GET /"])("%s is nothing", async (target) => {
    const { send } = startService();
    expect(await send(target)).toMatchObject({ status: 404, json: { type: "urn:footfall:not-found", status: 404 } });
  });
});

describe("X-Request-Id", () => {
  const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  test.each([
    ["a valid one comes back", { "X-Request-Id": "abc.DEF_1-2" }, "abc.DEF_1-2"],
    ["an invalid one is replaced", { "X-Request-Id": "a b" }, "new-id-1"],
    ["a long one is replaced", { "X-Request-Id": "x".repeat(129) }, "new-id-1"],
    ["traceparent's trace serves", { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` }, TRACE],
    ["Google's trace serves", { "X-Cloud-Trace-Context": `${TRACE}/1;o=1` }, TRACE],
    ["a broken trace does not", { traceparent: "00-x-y-01" }, "new-id-1"],
    ["otherwise it is new", {}, "new-id-1"],
  ])("%s", async (_, headers, expected) => {
    const { send } = startService();
    expect((await send("GET /v1/health", { headers: headers as Record<string, string> })).headers.get("x-request-id")).toBe(expected);
  });
});

describe("the log", () => {
  test("tells nothing of what goes well and fast", async () => {
    const { send, log } = startService();
    await send("POST /visits");
    expect(log).toEqual([]);
  });

  test("LOG=all tells every request, without query, address or User-Agent", async () => {
    const { send, log } = startService({ LOG: "all", GOOGLE_CLOUD_PROJECT: "acme" });
    const headers = { "User-Agent": "Spy/1.0", "X-Forwarded-For": "203.0.113.9", traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` };
    await send("GET /v1/visits?page=/private", { headers });
    expect(log).toEqual([
      {
        severity: "INFO",
        message: "GET /v1/visits 200",
        httpRequest: { requestMethod: "GET", requestUrl: "/v1/visits", status: 200, latency: "0.000s" },
        requestId: "a".repeat(32),
        "logging.googleapis.com/trace": `projects/acme/traces/${"a".repeat(32)}`,
      },
    ]);
  });

  test("tells a slow request", async () => {
    const { send, log, store, clock } = startService();
    const { totals } = store;
    store.totals = (...args) => {
      clock.time += 1_234;
      return totals(...args);
    };
    await send("GET /visits");
    expect(log).toMatchObject([{ severity: "WARNING", httpRequest: { latency: "1.234s" } }]);
  });
});
