import { describe, expect, test } from "vitest";
import { newSite } from "../../support/http.ts";
import { serving } from "../place.ts";
import type { ServiceRow } from "../rows.ts";
import { KEY, OPEN } from "./rig.ts";

const CLIENT_IP = "CF-Connecting-IP";

/** The limits that an operator sets. */
export function limits(row: ServiceRow): void {
  describe("the limit of visits per minute", () => {
    test("is for each address, over POST, pixel and badge together, and counts nothing that it refuses", async () => {
      await serving(row, { ...OPEN, VISITS_PER_MINUTE: "4", CLIENT_IP_HEADER: CLIENT_IP }, async ({ send }) => {
        const site = newSite();
        const from = (address: string) => ({ headers: { [CLIENT_IP]: address } });
        const targets = ["POST /visits", `GET /v1/pixel?site=${site}`, `GET /v1/badge?site=${site}&count=true`];
        const count = (target: string, address: string) =>
          send(target, { ...from(address), ...(target.startsWith("POST") && { body: { site } }) });
        const burst = await Promise.all([...targets, ...targets, ...targets].map((target) => count(target, "203.0.113.9")));
        expect(burst.filter(({ status }) => status === 200)).toHaveLength(4);
        for (const { status, headers, json } of burst.filter((answer) => answer.status !== 200)) {
          expect([status, json().type]).toEqual([429, "urn:footfall:too-many-requests"]);
          expect(headers).toMatchObject({ "retry-after": expect.stringMatching(/^(?:[1-9]|1[0-5])$/), "access-control-allow-origin": "*" });
        }
        const others = await Promise.all(["203.0.113.8", "2001:db8::1"].map((address) => count("POST /visits", address)));
        expect(others.map(({ status }) => status)).toEqual([200, 200]);
        const read = await send(`GET /visits?site=${site}`, from("203.0.113.9"));
        expect(read.json()).toMatchObject({ siteVisits: 6 });
      });
    });
  });

  describe("the budget of new pages", () => {
    test("is for each site; known pages go on counting, new ones are refused and not made", async () => {
      await serving(row, { ...OPEN, NEW_PAGES_BURST: "5", NEW_PAGES_PER_HOUR: "1" }, async ({ send }) => {
        const [site, old] = [newSite(), newSite()];
        const count = async (on: string, page: string) => send("POST /visits", { body: { site: on, page } });
        await send("PUT /visits", { headers: KEY, body: { site, page: "/set", visits: 7 } });
        const flood = await Promise.all(Array.from({ length: 40 }, (_, index) => count(site, `/invented-${index}`)));
        const made = flood.filter(({ status }) => status === 200).map((answer) => answer.json().page);
        expect(made).toHaveLength(5);
        for (const { status, headers, json } of flood.filter((answer) => answer.status !== 200)) {
          const { type } = json();
          expect(status).toBe(type === "urn:footfall:overloaded" ? 503 : 429);
          expect(["urn:footfall:too-many-new-pages", "urn:footfall:overloaded"]).toContain(type);
          expect(headers).toMatchObject({ "retry-after": expect.stringMatching(/^[1-9]\d*$/), "access-control-allow-origin": "*" });
        }
        const refused = await count(site, "/one-more");
        expect(refused.json()).toMatchObject({ status: 429, type: "urn:footfall:too-many-new-pages" });
        expect((await count(site, "/set")).json()).toMatchObject({ counted: true, visits: 8 });
        expect((await count(site, made[0])).json()).toMatchObject({ counted: true, visits: 2 });
        expect((await count(old, "/first")).json()).toMatchObject({ counted: true, visits: 1 });
        const listed = (await send(`GET /v1/pages?site=${site}`)).json().pages.map(({ page }: { page: string }) => page);
        expect(listed).toEqual(["/set", ...made].sort());
      });
    });
  });
}
