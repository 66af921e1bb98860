import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ADDRESS, FROM_SITE, KEY, type Rig } from "./rig.ts";

/** Once in a thousand salts two of a few visitors share a register, and are estimated as one: then another page or site is tried. */
export const SALTED = { retry: 2 };

/** Estimates of visitors, over HTTP. */
export function visitors(rig: () => Rig): void {
  describe("visitors", () => {
    test("are counted once a day for a page and its site, however often and under whatever id they come", SALTED, async () => {
      const { guarded } = rig();
      const page = `/${randomUUID()}`;
      const visit = async (address: string, id?: string) =>
        (await guarded.send("POST /visits", { headers: { ...FROM_SITE, [ADDRESS]: address }, body: { page, ...(id && { id }) } })).json();
      const id = randomUUID();
      expect(await visit("192.0.2.1", id)).toMatchObject({ visits: 1, visitors: 1, visitorsToday: 1, counted: true });
      expect(await visit("192.0.2.9", id)).toMatchObject({ visits: 1, visitors: 1, reason: "duplicate" });
      for (const address of ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "unknown"]) await visit(address);
      const answer = await visit("192.0.2.2");
      expect(answer).toMatchObject({ visits: 7, visitsToday: 7, visitors: 3, visitorsToday: 3 });
      expect(answer.siteVisitors).toBeGreaterThanOrEqual(3);
      const read = (await guarded.send(`GET /visits?site=example.com&page=${page}`)).json();
      expect(read.pages).toEqual([{ page, visits: 7, visitsToday: 7, visitors: 3, visitorsToday: 3 }]);
      const seen = (await guarded.send("GET /v1/client", { headers: { ...KEY, [ADDRESS]: "2001:db8::1" } })).json();
      expect(seen).toEqual({ address: "2001:db8:0:0::/64", header: ADDRESS });
    });
  });
}
