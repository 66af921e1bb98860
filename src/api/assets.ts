import { quote } from "../domain/invalid.ts";
import type { Exchange } from "./exchange.ts";
import { Problem } from "./problem.ts";

/**
 * The files that the build made for browsers, as the platform keeps them: answers 200 with the bytes and an `ETag`, 304 where the
 * request's `If-None-Match` names it, or 404. `name` is a path such as `assets/icon.svg`.
 */
export type Assets = (name: string, headers: Headers) => Promise<Response>;

/** Files made ahead of time beside each asset, the smaller one first. */
const ENCODINGS = { br: ".br", gzip: ".gz" } as const;

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json; charset=utf-8",
  svg: "image/svg+xml",
};

/** A name of one segment; what is beside the assets cannot be named. */
const HASHED = /^[\w-]+\.(?:js|css|svg)$/;

const REVALIDATE = "no-cache";
const AN_HOUR = "public, max-age=3600";
/** The name holds the content's hash. */
const FOR_EVER = "public, max-age=31536000, immutable";

/** Nothing inline, nothing from elsewhere, and no way to turn text into markup. */
const DASHBOARD_HEADERS = {
  "Content-Security-Policy": [
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
  ].join("; "),
  "Cross-Origin-Opener-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
};

/** The dashboard. */
export const answerDashboard = (exchange: Exchange): Promise<Response> => answer(exchange, "index.html", REVALIDATE, DASHBOARD_HEADERS);

/** The website's script. */
export const answerEmbed = (exchange: Exchange): Promise<Response> => answer(exchange, "embed.js", AN_HOUR);

/** The contract. */
export const answerOpenapi = (exchange: Exchange): Promise<Response> => answer(exchange, "openapi.json", REVALIDATE);

/** What the dashboard loads. */
export async function answerHashed(exchange: Exchange): Promise<Response> {
  const file = exchange.context.req.param("file") ?? "";
  if (!HASHED.test(file)) throw missing(exchange);
  return answer(exchange, `assets/${file}`, FOR_EVER);
}

async function answer(exchange: Exchange, name: string, cache: string, own: Record<string, string> = {}): Promise<Response> {
  const { file, encoding } = await find(exchange, name);
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
  const headers: Record<string, string> = { "Content-Type": type, "Cache-Control": cache, ...own };
  const etag = file.headers.get("etag");
  if (etag) headers["ETag"] = etag;
  if (encoding) headers["Content-Encoding"] = encoding;
  const reply = exchange.reply(file.status, null, headers);
  reply.headers.append("Vary", "Accept-Encoding");
  // Workers would compress once more what says that it is compressed.
  const init = { status: file.status, headers: reply.headers, encodeBody: "manual" };
  return new Response(file.body, init);
}

/** The smallest form of a file that the client takes. */
async function find(exchange: Exchange, name: string): Promise<{ file: Response; encoding: string | null }> {
  const { request, shared } = exchange;
  const accepted = request.headers.get("accept-encoding") ?? "";
  const encodings = Object.entries(ENCODINGS).filter(([encoding]) => accepts(accepted, encoding));
  for (const [encoding, suffix] of [...encodings, [null, ""] as const]) {
    const file = await shared.assets?.(name + suffix, request.headers);
    if (file && (file.ok || file.status === 304)) return { file, encoding };
    await file?.body?.cancel();
  }
  throw missing(exchange);
}

function accepts(header: string, encoding: string): boolean {
  const item = header.split(",").find((one) => one.split(";", 1)[0]?.trim().toLowerCase() === encoding);
  return item !== undefined && !/;\s*q=0(?:\.0*)?\s*$/i.test(item);
}

function missing({ context }: Exchange): Problem {
  return new Problem("not-found", `The path is ${quote(context.req.path)}; no such file was built.`);
}
