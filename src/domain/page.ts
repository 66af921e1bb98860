import { invalid } from "./invalid.ts";
import { parseHttpUrl, siteOfHost } from "./site.ts";

/** The longest page name after normalisation, in bytes. */
export const MAX_PAGE_BYTES = 1_024;

/** RFC 3986 `pchar` without the percent sign: what stands in a path segment unencoded. */
const PCHAR = /[A-Za-z0-9\-._~!$&'()*+,;=:@]/;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
/** A control character percent-encoded, or a percent sign that encodes nothing. */
const BAD_PERCENT = /%(?:[01][0-9a-f]|7f|c2%[89]|(?![0-9a-f]{2}))/i;
/** What most pages are: in no need of anything below. */
const PLAIN = /^(?:\/[\w-]+)+$/;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const ALLOWED = 'a path such as "/blog" or a URL of the site, well-formed, without control characters';

/**
 * The one name of a page: WHATWG path without query, fragment, dot segments, repeated and trailing slashes and a final
 * `index.html`/`index.htm`, percent-encoding in one form (nothing that a path may hold is encoded, `%2F` is never decoded). Never empty.
 *
 * @param text a path, or a full http(s) URL whose host belongs to `site`
 */
export function normalizePage(text: string, site: string): string {
  if (text === "/" || (PLAIN.test(text) && text.length <= MAX_PAGE_BYTES)) return text;
  if (CONTROL.test(text) || !text.isWellFormed()) invalid("page", text, ALLOWED);
  const url = parse(text.replace(/^ +/, ""), text);
  if (url.host && siteOfHost(url.host) !== site) invalid("page", text, `a path, or a URL of ${site}`);
  if (BAD_PERCENT.test(url.path)) invalid("page", text, ALLOWED);
  const page = trimIndex(encodeOnce(url.path).replace(/\/{2,}/g, "/"));
  if (page.length > MAX_PAGE_BYTES) invalid("page", text, `at most ${MAX_PAGE_BYTES} bytes (it is ${page.length})`);
  return page;
}

/** The host (empty for a path) and the path as the WHATWG parser resolves it. */
function parse(text: string, original: string): { host: string; path: string } {
  if (SCHEME.test(text)) {
    const url = parseHttpUrl(text);
    if (!url) invalid("page", original, ALLOWED);
    return { host: url.hostname, path: url.pathname };
  }
  // Joined by hand: resolved against a base, "//blog" would be a host.
  const url = URL.parse(`http://site/${text}`);
  if (!url) invalid("page", original, ALLOWED);
  return { host: "", path: url.pathname };
}

function encodeOnce(path: string): string {
  return path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/g, encodeURIComponent).replace(/%([0-9a-f]{2})/gi, (encoded, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return PCHAR.test(char) ? char : encoded.toUpperCase();
  });
}

/** Repeated, so that normalising twice is normalising once; by segments, as a pattern would take the square of the path's length. */
function trimIndex(path: string): string {
  const segments = path.split("/");
  while (/^(index\.html?)?$/.test(segments.at(-1) ?? "/")) segments.pop();
  return segments.join("/") || "/";
}
