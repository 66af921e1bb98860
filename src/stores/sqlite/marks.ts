import type { Batch } from "../../domain/store.ts";
import type { Sql } from "./sql.ts";
import * as statements from "./statements.ts";

/** Expired marks that a write deletes, more than it inserts, so that deleting keeps pace with any load. */
const FORGOTTEN_PER_WRITE = 100;

/** What a used id was for, beside visits. */
type Kind = "batch" | "addition" | "correction";

/** The ids that were used: called within transactions. */
interface Marks {
  /** What was stored with an id; `null` where it is unused. */
  find(site: string, kind: Kind, id: string): string | null;
  /** Marks an id as used; `false` where it already was. */
  claim(site: string, kind: Kind, id: string, value: string, expireAt: number): boolean;
  /** Marks the ids of a batch's visits as used; answers the pages that those have counted which already were, by their visits' index. */
  claimVisits(batch: Batch): Record<number, string>;
  /** Deletes expired marks; `inserted` is how many the transaction has added. */
  forget(inserted: number): void;
}

/** @param now milliseconds since 1970 */
export function createMarks(sql: Sql, now: () => number): Marks {
  return {
    find: (site, kind, id) => sql.exec<{ value: string }>(statements.MARK, site, kind, id)[0]?.value ?? null,
    claim: (...mark) => sql.exec(statements.CLAIM, ...mark).length > 0,
    claimVisits({ site, visits, expireAt }) {
      const named = visits.flatMap(({ id, page }) => (id === null ? [] : [{ id, page }]));
      if (named.length === 0) return {};
      const claimed = sql.exec<{ id: string }>(statements.CLAIM_VISITS, site, JSON.stringify(named), expireAt);
      if (claimed.length === named.length) return {};
      const fresh = new Set(claimed.map(({ id }) => id));
      const used = JSON.stringify(named.flatMap(({ id }) => (fresh.has(id) ? [] : [id])));
      const rows = sql.exec<{ id: string; page: string }>(statements.CLAIMED_PAGES, site, used);
      const pages = new Map<string | null, string>(rows.map(({ id, page }) => [id, page]));
      const refused: Record<number, string> = {};
      for (const [index, { id }] of visits.entries()) {
        const counted = pages.get(id);
        if (counted !== undefined) refused[index] = counted;
      }
      return refused;
    },
    forget: (inserted) => void sql.exec(statements.FORGET, now(), FORGOTTEN_PER_WRITE + inserted),
  };
}
