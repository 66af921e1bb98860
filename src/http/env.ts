import type { SitePolicy } from "../domain/site.ts";

/** What middleware leaves for the handlers behind it: `c.get("requestId")`. */
export interface Env {
  Variables: {
    /** The answer's `X-Request-Id`. */
    requestId: string;
    /** The site of the `Origin` header; `null` where there is no such header, or it names none. */
    originSite: string | null;
    /** There is an `Origin` header, and its site may not count. */
    foreignOrigin: boolean;
    /** Of lists and series: the sites that the request may read, and those that it is shown (`null`: its key is wrong). */
    reads: { readonly mayRead: SitePolicy; readonly listed: SitePolicy | null };
  };
}
