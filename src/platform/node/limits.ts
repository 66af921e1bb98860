import type { ServerOptions } from "node:http";

/** What a client may take of the server. Node itself refuses the rest: see client-error.ts. */
export const LIMITS = {
  /** Of the request's line and its headers together, in bytes. */
  maxHeaderSize: 32 * 1_024,
  /** Until the headers are there, and the whole request: an import of 4 MiB then comes with at least 70 KB/s. */
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  /** How often that is looked at. */
  connectionsCheckingInterval: 2_000,
  /** Longer than what proxies in front keep connections, so that it is they who close an idle one. */
  keepAliveTimeout: 75_000,
} satisfies ServerOptions;
