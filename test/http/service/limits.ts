import { describe, expect, test } from "vitest";
import { newSite } from "../../support/http.ts";
import { serving } from "../place.ts";
import type { ServiceRow } from "../rows.ts";
import { OPEN } from "./rig.ts";

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
}
