import { InvalidInput, quote } from "../../../../src/domain/invalid.ts";
import { normalizePage } from "../../../../src/domain/page.ts";
import { parseHttpUrl, siteOfUrl } from "../../../../src/domain/site.ts";
import { orInvalid } from "../read-row.ts";

/** Reads a text by its address. */
export type ReadText = (address: string) => Promise<string>;

/** The most sitemaps that an index may name, all levels together. */
const MAX_SITEMAPS = 100;
const LOCATION = /<loc>(?:\s*<!\[CDATA\[)?([^<]*)<\/loc>/g;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The pages of a site, as a sitemap names them. */
export interface Sitemap {
  /** One URL for each page of the site, in the sitemap's order. */
  readonly urls: readonly string[];
  /** Entries that are no pages of the site. */
  readonly others: readonly string[];
}

/**
 * Reads a sitemap: XML, an index of such, or a text with a URL a line. Pages of other hosts are never asked for: a counter is read only for
 * the site that the numbers are for. Throws `InvalidInput` where it names no page of the site.
 *
 * @param address of the sitemap: a URL or a file
 */
export async function readSitemap(address: string, site: string, readText: ReadText): Promise<Sitemap> {
  const pages = new Map<string, string>();
  const others: string[] = [];
  const queue = [address];
  for (let index = 0; index < queue.length; index += 1) {
    if (index === MAX_SITEMAPS) throw new InvalidInput(`${address} names over ${MAX_SITEMAPS} sitemaps; allowed is at most that.`);
    const text = await readText(queue[index] ?? address);
    const locations = locationsOf(text);
    if (/<sitemapindex[\s>]/.test(text)) queue.push(...locations.filter((location) => siteOfUrl(location) === site));
    else for (const location of locations) addPage(location);
  }
  if (pages.size === 0) {
    const found = others.length > 0 ? `; it names ${quote(others[0])}` : "";
    throw new InvalidInput(`${address} names no page of ${site}${found}. Allowed is a sitemap (XML, or a URL a line).`);
  }
  return { urls: [...pages.values()], others };

  function addPage(location: string): void {
    const page = siteOfUrl(location) === site ? orInvalid(() => normalizePage(location, site)) : null;
    if (page === null || page instanceof InvalidInput) others.push(location);
    else if (!pages.has(page)) pages.set(page, parseHttpUrl(location)?.href.replace(/[?#].*$/, "") ?? location);
  }
}

function locationsOf(text: string): string[] {
  if (text.includes("<loc>"))
    return [...text.matchAll(LOCATION)].map(([, location = ""]) => decodeEntities(location.replace(/\]\]>\s*$/, "").trim()));
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{2,4}));/gi, (entity, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : null;
    if (code !== null) return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
    return ENTITIES[name] ?? entity;
  });
}
