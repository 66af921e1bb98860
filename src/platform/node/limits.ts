import type { ServerOptions } from "node:http";

/** What a client may take of the server; Node itself refuses the rest. */
export const LIMITS = {
  /** Of the request's line and its headers together, in bytes. */
  maxHeaderSize: 32 * 1_024,
  /** Until the headers are there, and the whole request: an import of 4 MiB then comes with at least 70 KB/s. */
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  /** How often the time-outs are looked at. */
  connectionsCheckingInterval: 2_000,
  /** Longer than proxies in front keep connections, so that it is they who close an idle one. */
  keepAliveTimeout: 75_000,
  /** A request without `Host` gets the service's own refusal. */
  requireHostHeader: false,
} satisfies ServerOptions;
/** Connections at the same time; more are closed at once. */
export const MAX_CONNECTIONS = 20_000;
/** Connections that may wait to be accepted, as far as the system allows: of a burst of more, clients hear nothing for 1, 3, 7 or more seconds. */
export const BACKLOG = 4_096;
/** Requests of one connection that are answered at the same time; further ones wait. */
export const MAX_AT_ONCE = 32;
/** Requests of one connection that are not answered yet; with more it is closed. */
export const MAX_PIPELINED = 100;
/** The same over all connections, where it closes those that have more than one. */
export const MAX_ANSWERS = 20_000;
/** Bytes of answers that a connection has not taken yet: from here on its further requests wait. */
export const MAX_UNSENT_BYTES = 256 * 1_024;
/** A client that takes nothing of its answer for so long is gone; Node looks twice. */
export const WRITE_TIMEOUT_MS = 10_000;
