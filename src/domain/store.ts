/** A visit that is to be counted. */
export interface Visit {
  readonly page: string;
  /** When it was accepted, as `YYYY-MM-DD`. */
  readonly day: string;
  /** Makes the visit exactly-once within its site; `null` for a visit without this guarantee. */
  readonly id: string | null;
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

/** Why a visit was not counted: its id was used before, for the same page (`duplicate`) or for another one (`conflict`). */
export type Refusal = "duplicate" | "conflict";

/** The result of a batch. Plain JSON: it is stored, and sent between processes. */
export interface Receipt {
  /** The site's total right after the batch. */
  readonly siteVisits: number;
  /** The totals right after the batch of all pages in it. */
  readonly visits: Readonly<Record<string, number>>;
  /** The visits that were not counted, by their index in the batch. */
  readonly refused: Readonly<Record<number, Refusal>>;
}

/** Totals of one snapshot; `visits` in the order of the pages asked for, 0 where a page has no counter. */
export interface Totals {
  readonly siteVisits: number;
  readonly visits: readonly number[];
}

/** Days as `YYYY-MM-DD`, both ends included. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/** Visits by day (`YYYY-MM-DD`); days without visits are absent. */
export type Days = Readonly<Record<string, number>>;

/** A site's total. */
export interface SiteTotal {
  readonly site: string;
  readonly visits: number;
}

/** A page's total; `days` is `{}` unless a period was asked for. */
export interface PageTotal {
  readonly page: string;
  readonly visits: number;
  readonly days: Days;
}

/** Visits that are added to a page. `days` sum to at most `visits`; the others have no day. */
export interface Addition {
  readonly page: string;
  readonly visits: number;
  readonly days: Days;
}

/** The limits of an {@link AdditionBatch}: pages, different days, and entries of `days` in all. */
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

/** A total that an administrator sets. */
export interface Correction {
  /** Committed at most once. */
  readonly id: string;
  readonly site: string;
  readonly page: string;
  /** `null` removes the counter. */
  readonly visits: number | null;
  /** When the store may forget the id, in milliseconds since 1970. */
  readonly expireAt: number;
}

/**
 * The store port: everything that the product needs of an engine. What a method wrote is durable when it resolves, and it throws only
 * {@link StoreError}. A `deadline` is in milliseconds since 1970.
 *
 * Invariant, in every snapshot: a site's total is the sum of its pages' totals.
 */
export interface Store {
  readonly name: "datastore" | "sqlite";
  /**
   * Counts a batch. A batch that was counted before is not counted again, and gets the same receipt.
   *
   * @param onRetry called before each further attempt
   */
  commit(batch: Batch, deadline: number, onRetry?: () => void): Promise<Receipt>;
  /** The totals of a site and of some of its pages, in one snapshot. */
  totals(site: string, pages: readonly string[]): Promise<Totals>;
  /** Whether a page has a counter now, or had one a moment ago. It waits for no commit, and no commit waits for it. */
  has(site: string, page: string): Promise<boolean>;
  /** Every site that has a counter, sorted by name. */
  sites(): Promise<readonly SiteTotal[]>;
  /** Up to `limit` pages in byte order, from behind `after` (`null`: from the first). */
  pages(site: string, after: string | null, limit: number, period: Period | null): Promise<readonly PageTotal[]>;
  /** The `limit` pages with the most visits, of all time (`null`) or of the period; ties in byte order. */
  top(site: string, limit: number, period: Period | null): Promise<readonly PageTotal[]>;
  /** The visits by day of a page, or of the whole site (`null`). */
  days(site: string, page: string | null, period: Period): Promise<Days>;
  /**
   * Sets or removes a page's total, changes the site's by the same number, and answers both. The page's days are kept where they sum to
   * at most the new total; else they are removed, from the site's days too.
   */
  correct(correction: Correction, deadline: number): Promise<Totals>;
  /** Adds visits. `"duplicate"`: the batch was added before. `"conflict"`: its id was used for another content. */
  add(batch: AdditionBatch, deadline: number): Promise<"added" | Refusal>;
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
