import { describe, expect, test } from "vitest";
import type { Sent } from "../../support/http.ts";
import { failuresIn } from "../../support/http-log.ts";
import { refusedRequests, refusedVisits, USED } from "./refused.ts";
import { FROM_SITE, KEY, type Rig } from "./rig.ts";

/** A longer target does not fit into a test's name. */
const NAME_CHARS = 60;

/** Input that is refused: with the right status, in words that help, and without a trace in the counts or in the log. */
export function refusals(rig: () => Rig): void {
  const totals = async () => {
    const { guarded } = rig();
    const read = async (path: string) => (await guarded.send(`GET ${path}`, { headers: KEY })).text;
    return [await read("/v1/sites"), await read("/v1/pages?site=example.com"), await read("/v1/pages?site=other.example")];
  };

  const refuse = async (target: string, status: number, type: string, detail: RegExp, sent: Sent) => {
    const { guarded, served } = rig();
    const before = await totals();
    const printed = served.guarded.output().length;
    const answer = await guarded.send(target, sent);
    expect(answer.json()).toEqual({
      type: `urn:footfall:${type}`,
      title: expect.stringMatching(/^[A-Z]/),
      status,
      detail: expect.stringMatching(detail),
    });
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(answer.headers["cache-control"]).toBe("no-store");
    const isPublicRead = target.startsWith("GET /v1/visits");
    const origin = sent.headers?.["Origin"] === FROM_SITE.Origin && !isPublicRead ? FROM_SITE.Origin : "*";
    // A URL is refused by its length before its route is known.
    if (status !== 414) expect(answer.headers["access-control-allow-origin"]).toBe(origin);
    expect(answer.headers["access-control-expose-headers"]).toBe("Retry-After, X-Request-Id");
    expect(answer.headers["x-request-id"]).toMatch(/^[\w.-]+$/);
    expect(answer.headers.vary).toMatch(/\bOrigin\b/);
    expect(answer.json().detail).not.toMatch(/\n|\bat .*:\d+|node_modules/);
    expect(await totals()).toEqual(before);
    expect(failuresIn(served.guarded.output().slice(printed))).toEqual([]);
    return answer;
  };

  describe("refuses", () => {
    test.each(refusedVisits)("%s with %i %s", async (_, status, type, detail, sent) => {
      await rig().guarded.send("POST /visits", { body: { id: USED } });
      await refuse("POST /v1/visits", status, type, detail, sent);
    });

    const named = refusedRequests.map(([target, status, ...rest]) => [target.slice(0, NAME_CHARS), status, target, ...rest] as const);
    test.each(named)("%s with %i", async (_, status, target, type, detail) => {
      // Images come without an origin, and are for everyone.
      const origin = /badge|pixel/.test(target) ? {} : FROM_SITE;
      const answer = await refuse(target, status, type, detail, { headers: { ...KEY, ...origin } });
      if (status === 405) expect(answer.headers.allow).toMatch(/^[A-Z]+(?:, [A-Z]+)*$/);
    });

    test("Origin: null also where every site may count", async () => {
      const answer = await rig().open.send("POST /visits", { headers: { Origin: "null" } });
      expect(answer).toMatchObject({ status: 403, headers: { "access-control-allow-origin": "*" } });
    });
  });

  test("HEAD counts nothing", async () => {
    const before = await totals();
    const targets = ["/visits?page=/h", "/v1/visits?page=/h", "/v1/pixel?page=/h", "/v1/badge?page=/h&count=true"];
    for (const target of targets) {
      const { status, text } = await rig().guarded.send(`HEAD ${target}`);
      expect([status, text], target).toEqual([200, ""]);
    }
    expect(await totals()).toEqual(before);
  });
}
