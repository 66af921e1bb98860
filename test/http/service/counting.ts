import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createClient, newSite } from "../../support/http.ts";
import type { ServiceRow } from "../rows.ts";
import { countedText, OPEN, type Rig } from "./rig.ts";

/** What counting answers. */
export function counting(rig: () => Rig, row: ServiceRow): void {
  describe("counting", () => {
    test("answers the new totals, and goes on where it was after a restart", async () => {
      const place = await row.place();
      const first = await place.start(OPEN);
      const client = createClient(first.url);
      const answer = await client.send("POST /visits");
      expect(answer.text).toBe(countedText("default", "/", 1));
      expect(answer).toMatchObject({
        status: 200,
        headers: { "cache-control": "no-store", "content-type": expect.stringMatching(/^application\/json/) },
      });
      expect((await client.send("POST /v1/visits")).json()).toMatchObject({ visits: 2, siteVisits: 2 });
      const id = randomUUID();
      expect((await client.send("POST /visits", { body: { id } })).json()).toMatchObject({ visits: 3, counted: true });
      client.close();
      await first.stop();

      const again = await place.start(OPEN);
      const after = createClient(again.url);
      expect((await after.send("POST /visits", { body: { id } })).json()).toMatchObject({ visits: 3, counted: false, reason: "duplicate" });
      expect((await after.send("POST /visits")).text).toBe(countedText("default", "/", 4));
      expect((await after.send("GET /visits?page=/")).text).toBe(
        '{"site":"default","siteVisits":4,"siteVisitsToday":4,"pages":[{"page":"/","visits":4,"visitsToday":4}]}',
      );
      after.close();
      await again.stop();
      await place.remove();
    });

    test("the site is Origin's, else the request's, else the default", async () => {
      const { open, guarded } = rig();
      const site = newSite();
      const count = async (body: object, headers = {}) => (await open.send("POST /visits", { body, headers })).json();
      expect(await count({ page: "/a" }, { Origin: `https://www.${site}:8443` })).toMatchObject({ site, visits: 1 });
      expect(await count({ page: "/a", site: site.toUpperCase() }, { Origin: `http://${site}` })).toMatchObject({ site, visits: 2 });
      expect(await count({ page: "/a", site: `www.${site}` })).toMatchObject({ site, visits: 3 });
      expect(await count({ page: `/${site}` })).toMatchObject({ site: "default", visits: 1 });
      const body = { page: `/${site}` };
      expect((await guarded.send("POST /visits", { body })).json()).toMatchObject({ site: "example.com", visits: 1 });
      const other = { body: { page: `https://www.other.example/${site}` }, headers: { Origin: "https://other.example" } };
      expect((await guarded.send("POST /visits", other)).json()).toMatchObject({ site: "other.example", page: `/${site}`, visits: 1 });
    });

    test("all spellings of a page are one page", async () => {
      const { open } = rig();
      const site = newSite();
      const spellings = ["/blog", "/blog/", "//blog", "/%62log", "/blog/index.html", `https://${site}/blog?x=1#y`, "/x/../blog", "blog"];
      for (const [index, page] of spellings.entries()) {
        const answer = await open.send("POST /v1/visits", { body: { site, page } });
        expect(answer.json(), page).toMatchObject({ page: "/blog", visits: index + 1, siteVisits: index + 1 });
      }
      expect((await open.send("POST /visits", { body: { site, page: "/ä%2fb" } })).json()).toMatchObject({
        page: "/%C3%A4%2Fb",
        visits: 1,
      });
    });

    test("an id counts once, in the body or as Idempotency-Key, bare or quoted", async () => {
      const { open } = rig();
      const site = newSite();
      const id = randomUUID();
      const body = { site, page: "/a" };
      const first = await open.send("POST /visits", { body: { ...body, id } });
      expect(first.text).toBe(countedText(site, "/a", 1));
      await open.send("POST /visits", { body });
      const again = [
        { body: { ...body, id } },
        { body, headers: { "Idempotency-Key": id } },
        { body, headers: { "Idempotency-Key": `"${id}"` } },
      ];
      for (const sent of again) {
        const { text } = await open.send("POST /visits", sent);
        expect(text).toBe(countedText(site, "/a", 2, { counted: false, reason: "duplicate" }));
      }
    });

    test.each([8, 128])("an id may have %i characters", async (length) => {
      const site = newSite();
      const id = `_-Az09${randomUUID().replaceAll("-", "").repeat(4)}`.slice(0, length);
      const sent = { body: { site, id } };
      expect((await rig().open.send("POST /visits", sent)).json()).toMatchObject({ visits: 1, counted: true });
      expect((await rig().open.send("POST /visits", sent)).json()).toMatchObject({ visits: 1, counted: false });
    });

    test("the same id is another one on another site", async () => {
      const id = randomUUID();
      for (const site of [newSite(), newSite()]) {
        expect((await rig().open.send("POST /visits", { body: { site, id } })).json()).toMatchObject({ visits: 1, counted: true });
      }
    });
  });
}
