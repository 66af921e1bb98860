import { quote } from "../domain/invalid.ts";
import { parseSite, type SitePolicy, siteOfUrl } from "../domain/site.ts";
import { memoize } from "./memo.ts";
import { Problem } from "./problem.ts";

/** Chooses a request's site, or throws 403. */
export interface SiteChoice {
  /**
   * The site that is read or administered: the request's, else `Origin`'s, else the default.
   *
   * @param originSite the site of `Origin`, `null` without one
   */
  toRead(requested: string | undefined, originSite: string | null): string;
  /** The same for who has the `ADMIN_KEY`, and reads or removes: also a site that may not count, or no longer. */
  toAdminister(requested: string | undefined, originSite: string | null): string;
  /**
   * The site that a visit counts for: that of the page that the browser names, which a script cannot forge; else the request's, else
   * the default.
   *
   * @param source the `Origin` or `Referer` header, `null` without one
   */
  toCount(requested: string | undefined, source: string | null): string;
}

export function createSiteChoice(allowed: SitePolicy, defaultSite: string): SiteChoice {
  const siteOfSource = memoize(siteOfUrl);

  const checkAllowed = (site: string): string => {
    if (allowed(site)) return site;
    throw notAllowed(site);
  };

  const toAdminister: SiteChoice["toAdminister"] = (requested, originSite) =>
    requested === undefined ? (originSite ?? defaultSite) : parseSite(requested);

  return {
    toRead: (requested, originSite) => checkAllowed(toAdminister(requested, originSite)),
    toAdminister,
    toCount(requested, source) {
      const site = requested === undefined ? null : parseSite(requested);
      if (!source) return checkAllowed(site ?? defaultSite);
      const counted = siteOfSource(source);
      if (counted === null) throw notAllowed(source);
      checkAllowed(counted);
      if (site !== null && site !== counted) {
        throw new Problem("site-mismatch", `site is ${quote(site)}; allowed is ${quote(counted)}, from where the request comes.`);
      }
      return counted;
    },
  };
}

function notAllowed(site: string): Problem {
  return new Problem("site-not-allowed", `site is ${quote(site)}; allowed is one that is in the service's SITES.`);
}
