import { inTime } from "../in-time.ts";
import { createRecent } from "../recent.ts";
import { createIdentify, type Identify } from "./identity.ts";
import type { SaltStore } from "./salts.ts";

/** Sites and days whose salts an instance holds (at most twice as many). */
const KNOWN_SALTS = 1_000;
/** How long a visit waits for a salt that another one has asked for: on Workers, that one may be cancelled. */
const SHARED_WAIT_MS = 500;

/** Answers how the visitors of a site are told apart on a day. */
export type Identities = (site: string, day: string) => Promise<Identify>;

/**
 * Answers how the visitors of a site are told apart on a day. The store is asked once a site and day, by the first visit; a failure is
 * thrown to those that wait, and the next visit asks again.
 */
export function createIdentities(salts: Pick<SaltStore, "salt">): Identities {
  const known = createRecent<Identify>(KNOWN_SALTS);
  const asked = new Map<string, Promise<Identify>>();

  async function ask(key: string, site: string, day: string): Promise<Identify> {
    try {
      const identify = createIdentify(await salts.salt(site, day));
      known.set(key, identify);
      return identify;
    } finally {
      asked.delete(key);
    }
  }

  return async (site, day) => {
    const key = `${day}\n${site}`;
    const identify = known.get(key);
    if (identify) return identify;
    const shared = asked.get(key);
    if (shared) return (await inTime<Identify | null>(shared, SHARED_WAIT_MS, () => null)) ?? ask(key, site, day);
    const first = ask(key, site, day);
    asked.set(key, first);
    return first;
  };
}
