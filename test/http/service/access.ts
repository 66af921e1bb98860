import { describe, expect, test } from "vitest";
import { newSite } from "../../support/http.ts";
import { KEY, type Rig } from "./rig.ts";

const WRONG = { "X-API-Key": "secret2" };

/** Who may read lists, and who may administer. */
export function access(rig: () => Rig): void {
  describe("the API key", () => {
    test.each(["/v1/sites", "/v1/pages", "/v1/series"])("%s needs it unless PUBLIC_STATS is set", async (path) => {
      const { open, guarded } = rig();
      expect(await guarded.send(`GET ${path}`)).toMatchObject({
        status: 401,
        headers: { "content-type": expect.stringMatching(/problem\+json/) },
      });
      expect((await guarded.send(`GET ${path}`, { headers: WRONG })).status).toBe(401);
      expect((await guarded.send(`GET ${path}`, { headers: KEY })).status).toBe(200);
      expect((await open.send(`GET ${path}`)).status).toBe(200);
    });

    test("counting and public reads need none", async () => {
      for (const target of ["POST /visits", "GET /v1/visits", "GET /v1/badge", "GET /v1/pixel?site=example.com", "GET /v1/health"]) {
        expect((await rig().guarded.send(target)).status, target).toBe(200);
      }
    });

    test.each(["/v1/visits", "/v1/badge"])("%s answers with it for a site that is not in SITES as well", async (path) => {
      const { guarded } = rig();
      for (const headers of [{}, WRONG]) expect((await guarded.send(`GET ${path}?site=elsewhere.net`, { headers })).status).toBe(403);
      expect((await guarded.send(`GET ${path}?site=elsewhere.net`, { headers: KEY })).status).toBe(200);
    });

    test("administration needs it, also where PUBLIC_STATS is set", async () => {
      const { open } = rig();
      const site = newSite();
      const body = { site, page: "/a", visits: 5 };
      for (const headers of [{}, WRONG]) expect((await open.send("PUT /visits", { headers, body })).status).toBe(401);
      expect((await open.send("PUT /visits", { headers: KEY, body })).text).toBe(
        `{"site":"${site}","page":"/a","visits":5,"siteVisits":5,"visitsToday":0,"siteVisitsToday":0}`,
      );
      const remove = `DELETE /v1/visits?site=${site}&page=/a`;
      expect((await open.send(remove)).status).toBe(401);
      expect((await open.send(remove, { headers: KEY })).status).toBe(204);
      expect((await open.send(remove, { headers: KEY })).status).toBe(204);
      expect((await open.send(`GET /visits?site=${site}&page=/a`)).json()).toMatchObject({ siteVisits: 0, pages: [{ visits: 0 }] });
      for (const target of [`GET /v1/export?site=${site}`, `POST /v1/import?site=${site}`]) {
        expect((await open.send(target, { headers: { ...WRONG, "Idempotency-Key": site } })).status, target).toBe(401);
      }
    });
  });
}
