import { dayOf } from "../../src/domain/day.ts";
import { estimate } from "../../src/domain/visitors/estimator.ts";
import { createIdentify } from "../../src/domain/visitors/identity.ts";
import type { SaltStore } from "../../src/domain/visitors/salts.ts";
import { Sketch } from "../../src/domain/visitors/sketch.ts";
import { OPEN } from "../http/service/rig.ts";

const HEADER = "X-Client-Address";

/** The settings of a service for every site, with visitors. */
export const WITH_VISITORS = { ...OPEN, VISITORS: "daily", CLIENT_IP_HEADER: HEADER };

/** Different visitors. */
export const VISITORS = 300;

const addressOf = (index: number): string => `192.0.${2 + ((index % VISITORS) >> 8)}.${(index % VISITORS) & 255}`;

/** The headers of the visitor with this number; {@link VISITORS} of them take turns. */
export function from(index: number): Record<string, string> {
  return { [HEADER]: addressOf(index) };
}

/** What a sketch of these visitors is estimated at, of a page or of the site (`null`), given the stored salt. */
export async function expectedOf(salts: SaltStore, site: string, page: string | null, visitors: Iterable<number>): Promise<number> {
  const identify = createIdentify(await salts.salt(site, dayOf(Date.now())));
  const sketch = new Sketch();
  for (const index of visitors) {
    const visitor = identify(site, page ?? "/", { address: addressOf(index), userAgent: "" });
    sketch.add(page === null ? visitor.site : visitor.page);
  }
  return estimate(sketch);
}
