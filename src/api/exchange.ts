import type { Context } from "hono";
import type { Meter } from "../domain/meter.ts";
import type { Recorder } from "../domain/recorder.ts";
import { allowSites, type SitePolicy, siteOfUrl } from "../domain/site.ts";
import type { Store } from "../domain/store.ts";
import type { Assets } from "./assets.ts";
import type { AppConfig } from "./config.ts";
import type { Log } from "./log.ts";
import { memoize } from "./memo.ts";
import { requestIdOf } from "./trace.ts";

/** What the app stands on; a root provides it. */
export interface Deps {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly config: AppConfig;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A new unique id of `[A-Za-z0-9_-]`. */
  readonly newId: () => string;
  readonly log: Log;
  readonly meter?: Meter;
  /** The release, as `/v1/health` tells it. */
  readonly version: string;
  /** The runtime speaks HTTP/1.1 alone: a request with neither Content-Length nor Transfer-Encoding has no body (RFC 9112, 6.3). */
  readonly http1?: boolean;
  /** What the build made for browsers; without it there are no pages. */
  readonly assets?: Assets;
  /** Where the platform cancels work with its request: keeps the work of a visit that others wait for. */
  readonly keepAlive?: (work: Promise<unknown>, context: Context) => void;
}

/** What all exchanges share, worked out once. */
export interface Shared extends Deps {
  readonly allowed: SitePolicy;
  readonly siteOfUrl: (url: string) => string | null;
}

/** Completes what a root provides. */
export function share(deps: Deps): Shared {
  return { ...deps, allowed: allowSites(deps.config.sites), siteOfUrl: memoize(siteOfUrl) };
}

/** What every answer to a stranger's script may show of its headers. */
export const EXPOSED = "Retry-After, X-Request-Id";

/** A year; browsers heed it over HTTPS alone. */
const HSTS = "max-age=31536000";
/** No answer but the dashboard is a document: none loads anything, or is shown in a frame. */
const NO_DOCUMENT = "default-src 'none'; frame-ancestors 'none'";

/** One request and the making of its one answer: its headers are set once, together, as each later change would cost a copy. */
export class Exchange {
  readonly shared: Shared;
  readonly context: Context;
  readonly request: Request;
  readonly startedAt: number;
  readonly requestId: string;
  readonly origin: string | null;
  /** The site of `Origin`; `null` where there is no such header, or it names none. */
  readonly originSite: string | null;
  readonly #forEveryone: boolean;

  constructor(shared: Shared, context: Context, forEveryone: boolean) {
    const request = context.req.raw;
    this.shared = shared;
    this.context = context;
    this.request = request;
    this.startedAt = shared.now();
    this.requestId = requestIdOf(request.headers, shared.newId);
    this.origin = request.headers.get("origin") || null;
    this.originSite = this.origin === null ? null : shared.siteOfUrl(this.origin);
    this.#forEveryone = forEveryone;
  }

  /** The one way to answer. `headers` are those of this answer alone: its type, its life in caches. */
  reply(status: number, body: string | Uint8Array<ArrayBuffer> | ReadableStream | null, headers: Record<string, string>): Response {
    headers["X-Content-Type-Options"] = "nosniff";
    headers["Strict-Transport-Security"] = HSTS;
    // In small letters, as an asset's own policy is.
    headers["content-security-policy"] ??= NO_DOCUMENT;
    headers["X-Request-Id"] = this.requestId;
    headers["Vary"] = "Origin";
    headers["Access-Control-Expose-Headers"] = EXPOSED;
    const origin = this.#allowOrigin(status);
    if (origin !== null) headers["Access-Control-Allow-Origin"] = origin;
    if (this.#forEveryone) headers["Cross-Origin-Resource-Policy"] = "cross-origin";
    return new Response(body, { status, headers });
  }

  /** Answers 200 with a value as JSON; `cache` is `no-store` or, for what may be revalidated, `no-cache`. */
  json(value: unknown, cache: "no-store" | "no-cache"): Response {
    return this.reply(200, JSON.stringify(value), { "Content-Type": "application/json; charset=utf-8", "Cache-Control": cache });
  }

  /** A refusal (and a preflight) is for every origin to read, so that a script can stop; the rest is for allowed ones. */
  #allowOrigin(status: number): string | null {
    if (this.#forEveryone || this.origin === null) return "*";
    if (this.originSite !== null && this.shared.allowed(this.originSite)) return this.origin;
    return status >= 400 || this.request.method === "OPTIONS" ? "*" : null;
  }
}
