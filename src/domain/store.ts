import type { Visitor } from "./visitors/visitor.ts";

/** A visit that is to be counted. */
export interface Visit {
  readonly page: string;
  /** When it was accepted, as `YYYY-MM-DD`. */
  readonly day: string;
  /** Makes the visit exactly-once within its site; `null` for a visit without this guarantee. */
  readonly id: string | null;
  /** Its places in the day's sketches; `null` where nobody knows or may know who sent it. */
  readonly visitor: Visitor | null;
}

/**
 * Visits of one site that are committed together, all or none. A batch never changes, and committing it again is always safe: a store
 * applies each `id` at most once.
 */
export interface Batch {
  readonly id: string;
  readonly site: string;
  /** 1 to 400 visits, whose ids are unique within the batch. */
  readonly visits: readonly Visit[];
  /** When the store may forget the ids, in milliseconds since 1970. */
  readonly expireAt: number;
}

/** What became of an id that was used before: for the same content (`duplicate`), or for another one (`conflict`). */
export type Refusal = "duplicate" | "conflict";

/** Days as `YYYY-MM-DD`, both ends included. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/** A number by day (`YYYY-MM-DD`); days with 0 are absent. */
export type Days = Readonly<Record<string, number>>;

/** A counter's visitors as they are shown: on a day at most its visits, and in all at most the visits. */
export interface VisitorCount {
  readonly total: number;
  /** Of the same days as the visits'. */
  readonly days: Days;
}

/** A counter's numbers. */
export interface Count {
  readonly visits: number;
  /** Those of the days that were asked for. */
  readonly days: Days;
  /** `null` where the store was opened without visitors. */
  readonly visitors: VisitorCount | null;
}

/** The result of a batch. Plain JSON: it is stored, and sent between processes. */
export interface Receipt {
  /** The site right after the batch, with the days that the batch names. */
  readonly site: Count;
  /** All pages of the batch right after it, with the same days. */
  readonly pages: Readonly<Record<string, Count>>;
  /**
   * The visits that were not counted, as their ids were used before, by their index in the batch: the page that the id has counted. Where
   * that is the visit's own page, it is a duplicate.
   */
  readonly refused: Readonly<Record<number, string>>;
}

/** Numbers of one snapshot, with those of one day. */
export interface Totals {
  readonly site: Count;
  /** Visits of the site that no page has: an administrator brought them along. */
  readonly unattributed: number;
  /** In the order of the pages asked for; zeros where a page has no counter. */
  readonly pages: readonly Count[];
}

/** A site's totals. */
export interface SiteTotal {
  readonly site: string;
  readonly visits: number;
  readonly unattributed: number;
  readonly visitors: number | null;
}

/** A page's numbers, with the days of the period; without a period there are none. */
export interface PageTotal extends Count {
  readonly page: string;
}

/** Numbers that are added to a page, or to the site alone (`null`): unattributed visits, without days, and the site's own visitors. */
export interface Addition {
  readonly page: string | null;
  readonly visits: number;
  /** They sum to at most `visits`; the others have no day. */
  readonly days: Days;
  readonly visitors: number;
  /** They sum to at most `visitors`; the others have no day. */
  readonly visitorDays: Days;
}

/** The limits of an {@link AdditionBatch}: pages, different days of visits and of visitors together, and their entries in all. */
export const ADDITION_PAGES = 400;
export const ADDITION_DAYS = 400;
export const ADDITION_POINTS = 4_000;

/** Additions that are committed together, each page once. */
export interface AdditionBatch {
  /** Committed at most once. */
  readonly id: string;
  /** Identifies the content, to detect another one with the same `id`. */
  readonly digest: string;
  readonly site: string;
  readonly additions: readonly Addition[];
  /** When the store may forget the id, in milliseconds since 1970. */
  readonly expireAt: number;
}

/** Totals that an administrator sets. */
export interface Correction {
  /** Committed at most once. */
  readonly id: string;
  readonly site: string;
  /** `null`: the site itself, whose unattributed visits become what is left beside its pages. */
  readonly page: string | null;
  /** `"remove"` removes a page's counter. */
  readonly change: NewTotals | "remove";
  /** The day whose numbers are answered. */
  readonly today: string;
  /** When the store may forget the id, in milliseconds since 1970. */
  readonly expireAt: number;
}

/** What to set; `null` leaves it as it is. */
export interface NewTotals {
  readonly visits: number | null;
  readonly visitors: number | null;
  /** Removes all days of the page, from the site's too. */
  readonly dropDays: boolean;
}

/** Why totals cannot be set: the field at fault would be `value`, and allowed is `least` to `most` (`null`: no bound). Nothing was changed. */
export interface Misfit {
  readonly misfit: "visits" | "visitors";
  readonly value: number;
  readonly least: number;
  readonly most: number | null;
}

/**
 * The store port: everything that the product needs of an engine. What a method wrote is durable when it resolves, and it throws only
 * {@link StoreError}. A `deadline` is in milliseconds since 1970.
 *
 * Invariant, in every snapshot: a site's visits are the sum of its pages' and its unattributed ones; its days are the sums of its pages'.
 */
export interface Store {
  readonly name: "datastore" | "sqlite";
  /**
   * Counts a batch. A batch that was counted before is not counted again, and gets the same receipt.
   *
   * @param onRetry called before each further attempt
   */
  commit(batch: Batch, deadline: number, onRetry?: () => void): Promise<Receipt>;
  /** The totals of a site and of some of its pages, and their numbers of `today`, in one snapshot. */
  totals(site: string, pages: readonly string[], today: string): Promise<Totals>;
  /** Whether a page has a counter now, or had one a moment ago. It waits for no commit, and no commit waits for it. */
  has(site: string, page: string): Promise<boolean>;
  /** Every site that has visits, sorted by name. */
  sites(): Promise<readonly SiteTotal[]>;
  /** Up to `limit` pages in byte order, from behind `after` (`null`: from the first). */
  pages(site: string, after: string | null, limit: number, period: Period | null): Promise<readonly PageTotal[]>;
  /** The names of up to `limit` pages in byte order, from behind `after` (`null`: from the first): no numbers are read. */
  names(site: string, after: string | null, limit: number): Promise<readonly string[]>;
  /** Some pages, in byte order; those without a counter may be left out. Not one snapshot. */
  some(site: string, pages: readonly string[], period: Period | null): Promise<readonly PageTotal[]>;
  /** The `limit` pages with the most visits, of all time (`null`) or of the period; ties in byte order. */
  top(site: string, limit: number, period: Period | null): Promise<readonly PageTotal[]>;
  /** The numbers of a page, or of the whole site (`null`), with the days of a period. */
  days(site: string, page: string | null, period: Period): Promise<Count>;
  /** Sets or removes totals, changes the site's visits by the same number, and answers both. */
  correct(correction: Correction, deadline: number): Promise<Totals | Misfit>;
  /** Adds numbers. `"duplicate"`: the batch was added before. `"conflict"`: its id was used for another content. */
  add(batch: AdditionBatch, deadline: number): Promise<"added" | Refusal>;
  /** Removes some pages of a site, and all that is left of it with the last ones. Answers whether all is removed: else call it again. */
  removeSome(site: string, deadline: number): Promise<boolean>;
  /** Resolves when the store answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The only error of a store. `retryable`: the same call may succeed later (unavailable, too late); otherwise it never will. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly retryable: boolean;
  constructor(message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable;
  }
}
