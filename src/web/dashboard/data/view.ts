import type { Period } from "./api.ts";
import { BASE } from "./base.ts";
import { DEFAULT_RANGE, NAMED_RANGES, problemOf, type Range } from "./range.ts";

/** What the dashboard shows; the address holds it, so that it can be kept and shared. */
export interface View {
  /** `null`: the one with the most visits. */
  readonly site: string | null;
  /** `null`: the whole site. */
  readonly page: string | null;
  readonly range: Range;
  /** The service's contract in place of numbers. */
  readonly api: boolean;
}

/** Reads the address; what makes no sense in it is as if it were not there. */
export function readView(search: string): View {
  const query = new URLSearchParams(search);
  const name = query.get("range") ?? query.get("days");
  const period: Period = { from: query.get("from") ?? "", to: query.get("to") ?? "" };
  const named = NAMED_RANGES.find((one) => one === name) ?? DEFAULT_RANGE;
  return {
    site: query.get("site"),
    page: query.get("page"),
    range: problemOf(period) === null ? period : named,
    api: query.has("api"),
  };
}

/** Writes the address of a view; a shared link's key stays in it. */
export function addressOf({ site, page, range, api }: View, hash = location.hash): string {
  const query = new URLSearchParams({
    ...(api && { api: "" }),
    ...(site !== null && { site }),
    ...(page !== null && { page }),
    ...(typeof range === "object" ? { from: range.from, to: range.to } : range !== DEFAULT_RANGE && { range }),
  });
  return `${BASE.pathname}${query.size > 0 ? `?${query}` : ""}${hash}`;
}
