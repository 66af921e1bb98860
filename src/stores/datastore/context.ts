import type { Recent } from "../../domain/recent.ts";
import type { ClosedShards } from "./closed-shards.ts";
import type { Keys } from "./layout.ts";
import type { Sharding } from "./sharding.ts";
import type { Method, Requests, Responses, Transport } from "./transport.ts";
import type { PrepareVisitors } from "./visitors.ts";

/** Read-only transactions lock nothing and need no end; read-write ones lock what they read. */
export type TransactionMode = "readOnly" | "readWrite";

/** What every operation of the store needs. */
export interface Context {
  readonly transport: Transport;
  readonly keys: Keys;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** The transaction for reads of several entities. */
  readonly readIn: TransactionMode;
  /** The visitors of a commit; `null` where they are not estimated. */
  readonly prepareVisitors: PrepareVisitors | null;
  /** Shards that every site has in this instance's eyes. */
  readonly shards: number;
  /** Which of a site's shards are written to. */
  readonly sharding: Sharding;
  readonly closedShards: ClosedShards;
  /** The most shards ever seen of a site. They only grow, and reads cover all of them. */
  readonly knownShards: Recent<number>;
}

/** One operation: its calls share a deadline. */
export interface Session extends Context {
  readonly call: <M extends Method>(method: M, request: Requests[M]) => Promise<Responses[M]>;
}

/** How many shards a read of a site must cover. */
export function shardsOf(context: Context, site: string): number {
  return Math.max(context.shards, context.knownShards.get(site) ?? 1);
}

/** Remembers the shards of a site that a read or a commit found. */
export function learnShards(context: Context, site: string, shards: number): void {
  if (shards > (context.knownShards.get(site) ?? 0)) context.knownShards.set(site, shards);
}
