/** Nothing inline, nothing from elsewhere, and no way to turn text into markup. */
const DASHBOARD_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/**
 * What assets bear beside their type, by path (`*` stands for any end). The Node server sends it; the build writes it down for Workers as
 * `dist/assets/_headers`.
 */
export const ASSET_HEADERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "/": {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": DASHBOARD_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
  },
  "/embed.js": { "Cache-Control": "public, max-age=3600" },
  "/openapi.json": { "Cache-Control": "no-cache" },
  // A name holds the hash of what is in it.
  "/assets/*": { "Cache-Control": "public, max-age=31536000, immutable", "Cross-Origin-Resource-Policy": "same-origin" },
};

/** The headers of one path. */
export function headersOf(path: string): Readonly<Record<string, string>> {
  return ASSET_HEADERS[path.startsWith("/assets/") ? "/assets/*" : path] ?? {};
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json; charset=utf-8",
  svg: "image/svg+xml",
};

/** A file's type by its name, for platforms that do not know; `undefined`: there is no such asset. */
export function typeOf(name: string): string | undefined {
  return TYPES[name.slice(name.lastIndexOf(".") + 1)];
}
