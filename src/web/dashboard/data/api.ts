import { t } from "../texts/text.ts";
import { serviceUrl } from "./base.ts";
import { currentKey } from "./session.ts";

/** Visits, and visitors where the service estimates them. */
export interface Counts {
  readonly visits: number;
  readonly visitors?: number;
}

/** A day's. */
export interface Point extends Counts {
  readonly date: string;
}

/** A site with its totals. */
export interface SiteTotal extends Counts {
  readonly site: string;
  readonly unattributed?: number;
}

/** All sites. Services before visitors and zones answer the sites alone. */
export interface SitesAnswer {
  readonly timeZone?: string;
  readonly visitors?: "daily" | "off";
  readonly sites: readonly SiteTotal[];
}

/** A page in a list with a period. */
export interface PageRow extends Counts {
  readonly page: string;
  readonly periodVisits: number;
  readonly periodVisitors?: number;
  readonly points: readonly Point[];
}

/** Totals of a site and its pages. */
export interface Totals {
  readonly siteVisits: number;
  readonly siteVisitors?: number;
  readonly siteVisitsToday?: number;
  readonly siteVisitorsToday?: number;
  readonly pages: readonly (Counts & { readonly page: string; readonly visitsToday?: number; readonly visitorsToday?: number })[];
}

/** Two days, both included. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/** The service refused, or could not be reached (status 0). */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** After how long it may be asked again, in milliseconds, where it said so. */
  readonly retryAfterMs: number | null;

  constructor(status: number, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** What a request has beside its path. */
export interface RequestParts {
  readonly method?: "GET" | "PUT" | "POST" | "DELETE";
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Another key than the session's; `null`: none. */
  readonly key?: string | null;
}

/** Whether the service wants another key, or none will do. */
export const isRefused = (error: unknown): boolean => error instanceof ApiError && (error.status === 401 || error.status === 403);

const TIMEOUT_MS = 20_000;

/** Asks the service. Throws {@link ApiError}, or the signal's reason where it was aborted. */
export async function request(path: string, parts: RequestParts = {}): Promise<Response> {
  const { method = "GET", query = {}, body, signal, key = currentKey() } = parts;
  // `fetch` takes no other characters in a header, and no key has them.
  if (/[^ -\xff]/.test(key ?? "")) throw new ApiError(401, t("wrongKey"));
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(serviceUrl(path, query), {
    method,
    headers: { ...parts.headers, ...(key !== null && { "X-API-Key": key }) },
    ...(body !== undefined && { body }),
    cache: "no-store",
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  }).catch((error: Error) => {
    if (signal?.aborted) throw error;
    throw new ApiError(0, t(error.name === "TimeoutError" ? "tooSlow" : "unreachable"));
  });
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  // A gateway in front says `message` where the service says `detail`.
  const message = answer.detail ?? answer.message ?? t("answered", { status: String(response.status) });
  throw new ApiError(response.status, message, Number.isFinite(seconds) ? seconds * 1_000 : null);
}

async function get<T>(path: string, query: Record<string, string>, signal?: AbortSignal, key?: string | null): Promise<T> {
  const response = await request(path, { query, ...(signal && { signal }), ...(key !== undefined && { key }) });
  return response.json().catch((error: Error) => {
    if (signal?.aborted) throw error;
    throw new ApiError(0, t("unreachable"));
  });
}

/** All sites that the key shows; `key` asks with another one. */
export const getSites = (signal?: AbortSignal, key?: string | null) => get<SitesAnswer>("v1/sites", {}, signal, key);

/** A site's days, or a page's. */
export const getSeries = (site: string, page: string | null, period: Period, signal?: AbortSignal) =>
  get<{ points: Point[] }>("v1/series", { site, ...(page === null ? {} : { page }), ...period }, signal);

/** The top pages of a period, perhaps only those whose names hold a text. */
export const getTop = (site: string, period: Period, limit: number, search: string, signal?: AbortSignal) =>
  get<PagesAnswer>("v1/pages", { site, sort: "visits", limit: String(limit), ...period, ...(search && { search }) }, signal);

/** Pages by their names, a part at a time. */
export const getPages = (site: string, period: Period, limit: number, cursor: string | undefined, signal?: AbortSignal) =>
  get<PagesAnswer>("v1/pages", { site, limit: String(limit), ...period, ...(cursor && { cursor }) }, signal);

/** A part of a list. */
export interface PagesAnswer {
  readonly pages: readonly PageRow[];
  readonly nextCursor?: string;
}

/** The totals of a site, and of up to 100 of its pages. */
export function getTotals(site: string, pages: readonly string[], signal?: AbortSignal): Promise<Totals> {
  const query = new URLSearchParams([["site", site], ...pages.map((page) => ["page", page])]);
  return get(`v1/visits?${query}`, {}, signal);
}
