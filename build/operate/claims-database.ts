import { rejects } from "node:assert/strict";
import type { Keys } from "../../src/stores/datastore/layout.ts";
import { keyName } from "../../src/stores/datastore/lookup.ts";
import { addToSite, visitMarks } from "../../src/stores/datastore/mutations.ts";
import { commitAlone } from "../../src/stores/datastore/transaction.ts";
import {
  type EntityResult,
  type Key,
  type Mutation,
  type ReadOptions,
  type Requests,
  type Responses,
  TransportError,
} from "../../src/stores/datastore/transport.ts";
import { number } from "../../src/stores/datastore/values.ts";

/** A database, and a site in it that only the claims use. */
export interface Database {
  readonly site: string;
  readonly keys: Keys;
  call<M extends keyof Requests>(method: M, request: Requests[M]): Promise<Responses[M]>;
}

/** A claim about Datastore in production; `run` throws where it does not hold. */
export interface DatastoreClaim {
  readonly title: string;
  /** Why the claim cannot be tried on the emulator. */
  readonly notOnEmulator?: string;
  run(database: Database): Promise<void>;
}

export const DAY = "2026-11-22";
export const NEXT_DAY = "2026-11-23";
const LIFETIME_MS = 60 * 60_000;

/** Every claim has its own page, and with it its own site. */
export function siteOf({ site }: Database, page: string): string {
  return `${page.slice(1)}.${site}`;
}

/** The counters of a page and of its site. */
export function countersOf(database: Database, page: string): [Key, Key] {
  const site = siteOf(database, page);
  return [database.keys.counter(site, page, 0), database.keys.counter(site, null, 0)];
}

/** The mutations that the service makes for visits: the site's counter first, then the page's. */
export function add(database: Database, page: string, visits: number, days: Record<string, number>, shards = 1): Mutation[] {
  return addToSite(database.keys, siteOf(database, page), 0, [{ page, visits, days, visitors: 0, visitorDays: {} }], shards);
}

export function mark({ keys, site }: Database, id: string): Mutation {
  const markOf = visitMarks({ id: "claim", expireAt: Date.now() + LIFETIME_MS });
  return markOf(keys.visit(site, id), { page: "/", day: DAY, id, visitor: null });
}

/** Counts a visit as the service does; answers the totals of the page and of its site. */
export async function count(database: Database, page: string, id: string): Promise<number[]> {
  const { mutationResults } = await commitAlone(database, [...add(database, page, 1, { [DAY]: 1 }), mark(database, id)]);
  return [mutationResults[1], mutationResults[0]].map((result) => number(result?.transformResults?.[0]));
}

/** The entities that exist, in the order of their keys. */
export async function lookup(
  { call }: Database,
  keys: readonly Key[],
  options?: Omit<Requests["lookup"], "keys">,
): Promise<EntityResult[]> {
  const { found = [] } = await call("lookup", { keys, ...options });
  return keys.flatMap((key) => found.find(({ entity }) => keyName(entity.key) === keyName(key)) ?? []);
}

/** The stored totals of a page and of its site; 0 where there is none. */
export async function counts(database: Database, page: string, readOptions: ReadOptions = {}): Promise<number[]> {
  const found = await lookup(database, countersOf(database, page), { readOptions });
  return [0, 1].map((index) => number(found[index]?.entity.properties?.["count"]));
}

/** Runs `act` while a page is counted again and again; answers how many visits that were. */
export async function whileWriting(database: Database, page: string, act: () => Promise<void>): Promise<number> {
  let written = 0;
  let acting = true;
  const write = async () => {
    await commitAlone(database, add(database, page, 1, {}));
    written += 1;
  };
  await write();
  const writing = (async () => {
    while (acting) await write();
  })();
  try {
    await act();
  } finally {
    acting = false;
    await writing;
  }
  return written;
}

export function refusedWith(call: Promise<unknown>, status: string): Promise<void> {
  return rejects(call, (error) => error instanceof TransportError && error.status === status);
}
