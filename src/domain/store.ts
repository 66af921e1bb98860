/** A visit on its way into a store. `id` makes it exactly-once within its site; `day` is `YYYY-MM-DD` in UTC, when it was accepted. */
export interface Visit {
  readonly page: string;
  readonly day: string;
  readonly id: string | null;
}

/**
 * Visits of one site that are committed together, all or none. It never changes once formed, and sending it again
 * (the same `id`) is always safe: a store applies it at most once.
 */
export interface Batch {
  readonly id: string;
  readonly site: string;
  /** 1 to 400 visits, whose ids are unique within the batch. */
  readonly visits: readonly Visit[];
  /** Milliseconds since 1970: from then on the store may forget the ids. */
  readonly expireAt: number;
}

/** Why a visit of a batch was not counted: its id had counted before, for the same page or for another one. */
export type Refusal = "duplicate" | "conflict";

/** What a batch did. Plain JSON, so that it can cross a wire and be kept. */
export interface Receipt {
  /** The site's total right after the batch. */
  readonly siteVisits: number;
  /** The total right after the batch of every page that the batch names. */
  readonly visits: Readonly<Record<string, number>>;
  /** The visits that were not counted, by their index in the batch. */
  readonly refused: Readonly<Record<number, Refusal>>;
}

/** Totals from one snapshot; `visits` in the order of the pages asked for, 0 where there is none. */
export interface Totals {
  readonly siteVisits: number;
  readonly visits: readonly number[];
}

/** Inclusive bounds, days as `YYYY-MM-DD`. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/** Visits by day; days without a visit are absent. */
export type Days = Readonly<Record<string, number>>;

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

/** Numbers that are added to a page: `days` sum to at most `visits`. */
export interface Addition {
  readonly page: string;
  readonly visits: number;
  readonly days: Days;
}

/** The most that additions which are committed together may have: pages, different days, and days of pages in all. */
export const ADDITION_PAGES = 400;
export const ADDITION_DAYS = 400;
export const ADDITION_POINTS = 4_000;

/** Additions that are committed together, each page once. */
export interface AdditionBatch {
  /** Unique; committed at most once. */
  readonly id: string;
  /** Tells two contents that claim the same `id` apart. */
  readonly digest: string;
  readonly site: string;
  readonly additions: readonly Addition[];
  readonly expireAt: number;
}

/** A total that an administrator sets (`null` removes the counter); `id` is committed at most once. */
export interface Correction {
  readonly id: string;
  readonly site: string;
  readonly page: string;
  readonly visits: number | null;
  readonly expireAt: number;
}

/**
 * The store port: all that the product asks of an engine. Every method is durable when it resolves and throws nothing but
 * {@link StoreError}. `deadline` is in milliseconds since 1970.
 *
 * Invariant, in every snapshot: a site's total is the sum of its pages' totals.
 */
export interface Store {
  readonly name: "datastore" | "sqlite";
  /**
   * Counts a batch, or finds that it was counted before, and says so the same way.
   *
   * @param onRetry is called each time that it is sent again
   */
  commit(batch: Batch, deadline: number, onRetry?: () => void): Promise<Receipt>;
  /** One consistent snapshot. */
  totals(site: string, pages: readonly string[]): Promise<Totals>;
  /** Whether a page has a counter: now, or a moment ago. Waits for no visit on its way, and no visit waits for it. */
  has(site: string, page: string): Promise<boolean>;
  /** Every site that has a counter, by name. */
  sites(): Promise<readonly SiteTotal[]>;
  /** Up to `limit` pages in byte order, beginning behind `after` (`null`: with the first). */
  pages(site: string, after: string | null, limit: number, period: Period | null): Promise<readonly PageTotal[]>;
  /** The `limit` pages with the most visits, of all time or of the period; equals in byte order. */
  top(site: string, limit: number, period: Period | null): Promise<readonly PageTotal[]>;
  /** The days of a page, or of the whole site (`null`). */
  days(site: string, page: string | null, period: Period): Promise<Days>;
  /**
   * Sets or removes a page's total, the site's with it, and answers the totals then. The page's days stay where they sum to at most
   * the new total, else they are dropped, from the site's days too.
   */
  correct(correction: Correction, deadline: number): Promise<Totals>;
  /** Adds numbers; `"duplicate"` where this very batch was added before, `"conflict"` where its id was used for another content. */
  add(batch: AdditionBatch, deadline: number): Promise<"added" | Refusal>;
  /** Resolves when the store answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The one failure of a store. `retryable`: the same call may succeed later (unavailable, too late); otherwise it never will. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly retryable: boolean;
  constructor(message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable;
  }
}
