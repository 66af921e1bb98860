/** A day's visits. */
export interface Point {
  readonly date: string;
  readonly visits: number;
}

/** A page in a list with a period. */
export interface PageRow {
  readonly page: string;
  readonly visits: number;
  readonly periodVisits: number;
  readonly points: readonly Point[];
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

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const KEY = "footfall-key";
const TIMEOUT_MS = 20_000;

/** The API key, which the tab keeps and forgets when it is closed. */
export const key = {
  get: (): string | null => sessionStorage.getItem(KEY),
  set: (value: string): void => sessionStorage.setItem(KEY, value),
  forget: (): void => sessionStorage.removeItem(KEY),
};

/** All sites with their totals. */
export const getSites = (signal: AbortSignal) => get<{ sites: { site: string; visits: number }[] }>("/v1/sites", {}, signal);

/** A site's days, or a page's. */
export const getSeries = (site: string, page: string | null, period: Period, signal: AbortSignal) =>
  get<{ points: Point[] }>("/v1/series", { site, ...(page === null ? {} : { page }), ...period }, signal);

/** The top pages of a period. */
export const getTop = (site: string, period: Period, limit: number, signal: AbortSignal) =>
  get<{ pages: PageRow[] }>("/v1/pages", { site, sort: "visits", limit: String(limit), ...period }, signal);

/** Pages by their names, a part at a time. */
export const getPages = (site: string, period: Period, limit: number, cursor: string | undefined, signal: AbortSignal) =>
  get<{ pages: PageRow[]; nextCursor?: string }>("/v1/pages", { site, limit: String(limit), ...period, ...(cursor && { cursor }) }, signal);

/** A page's total. */
export const getTotal = (site: string, page: string, signal: AbortSignal) =>
  get<{ pages: { visits: number }[] }>("/v1/visits", { site, page }, signal);

async function get<T>(path: string, query: Record<string, string>, signal: AbortSignal): Promise<T> {
  const stored = key.get();
  const response = await fetch(`${path}?${new URLSearchParams(query)}`, {
    headers: stored === null ? {} : { "X-API-Key": stored },
    cache: "no-store",
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  }).catch((error: Error) => {
    if (signal.aborted) throw error;
    throw new ApiError(0, error.name === "TimeoutError" ? "The service takes too long to answer." : "The service cannot be reached.");
  });
  const answer = await response.json().catch(() => ({}));
  // A gateway in front says `message` where the service says `detail`.
  if (!response.ok) throw new ApiError(response.status, answer.detail ?? answer.message ?? `The service answered ${response.status}.`);
  return answer;
}
