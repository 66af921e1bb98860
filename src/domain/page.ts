import { InvalidInput, invalid, quote } from "./invalid.ts";
import { parseHttpUrl, siteOfHost } from "./site.ts";

/** The longest page name after normalisation, in bytes. */
export const MAX_PAGE_BYTES = 1_024;

/** RFC 3986 `pchar` without `%`: characters that a path segment holds unencoded. */
const PCHAR = /[A-Za-z0-9\-._~!$&'()*+,;=:@]/;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
/** The same characters percent-encoded in UTF-8. */
const ENCODED_CONTROL = /%(?:[01][0-9a-f]|7f|c2%[89][0-9a-f])/i;
/** Most pages: already in the normal form. */
const PLAIN = /^(?:\/[\w-]+)+$/;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const ALLOWED = 'a path such as "/blog" or a URL of the site, well-formed, without control characters';

/**
 * The one name of a page, at most {@link MAX_PAGE_BYTES} long and never empty: the path as WHATWG URLs resolve it, without query and
 * fragment, repeated and trailing slashes and a final `index.html` or `index.htm`. Percent-encoding has one form: characters that a
 * path may hold are decoded, `%2F` never is, a `%` that begins no escape becomes `%25`, and escapes that are not UTF-8 stay. Normalising
 * twice is normalising once. Throws `InvalidInput`.
 *
 * @param text a path, or a full http(s) URL whose host belongs to `site`
 * @param field what the refusal calls it
 */
export function normalizePage(text: string, site: string, field = "page"): string {
  if (text === "/" || (text.length <= MAX_PAGE_BYTES && PLAIN.test(text))) return text;
  if (CONTROL.test(text) || !text.isWellFormed()) invalid(field, text, ALLOWED);
  const url = parse(text.replace(/^ +/, "")) ?? invalid(field, text, ALLOWED);
  if (url.host && siteOfHost(url.host) !== site) invalid(field, text, `a path, or a URL of ${site}`);
  if (ENCODED_CONTROL.test(url.path)) invalid(field, text, ALLOWED);
  const path = trimIndex(url.path.replace(/\/{2,}/g, "/"));
  // Before the work: an escape has three characters at most for one byte.
  if (path.length > 3 * MAX_PAGE_BYTES) throw tooLong(field, text, path);
  const page = trimIndex(normalizeEscapes(path).replace(/\/{2,}/g, "/"));
  if (page.length > MAX_PAGE_BYTES) throw tooLong(field, text, page);
  return page;
}

function tooLong(field: string, text: string, page: string): InvalidInput {
  return new InvalidInput(`${field} is ${quote(text)}; allowed is at most ${MAX_PAGE_BYTES} bytes (it is ${page.length}).`);
}

/** The host (empty for a path) and the path as the WHATWG parser resolves it; `null` where it parses nothing. */
function parse(text: string): { host: string; path: string } | null {
  if (SCHEME.test(text)) {
    const url = parseHttpUrl(text);
    return url && { host: url.hostname, path: url.pathname };
  }
  // Concatenated, not resolved against a base: there "//blog" would be a host.
  const url = URL.parse(`http://site/${text}`);
  return url && { host: "", path: url.pathname };
}

/** `encodeURI` encodes every `%` as `%25`, and else what no path may hold; then escapes of the original are restored or decoded. */
function normalizeEscapes(path: string): string {
  return encodeURI(path).replace(/%25([0-9a-f]{2})/gi, (_, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return PCHAR.test(char) ? char : `%${hex.toUpperCase()}`;
  });
}

/** Removes trailing empty and index segments, all of them, so that the result is final. By segments: a pattern could take quadratic time. */
function trimIndex(path: string): string {
  const segments = path.split("/");
  while (/^(index\.html?)?$/.test(segments.at(-1) ?? "/")) segments.pop();
  return segments.join("/") || "/";
}
