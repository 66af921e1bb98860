import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { ADDITION_DAYS } from "../../src/domain/store.ts";
import { addToSite, COUNTER_KIND, type Keys, number, replaceCounter, visitMarks } from "../../src/stores/datastore/layout.ts";
import {
  type Key,
  type Mutation,
  type ReadOptions,
  type Requests,
  type Responses,
  TransportError,
} from "../../src/stores/datastore/transport.ts";

/** A database, and a site in it that is used for nothing else. */
export interface Database {
  readonly site: string;
  readonly keys: Keys;
  call<M extends keyof Requests>(method: M, request: Requests[M]): Promise<Responses[M]>;
}

/** A claim on Datastore in production. */
export interface DatastoreClaim {
  readonly title: string;
  /** The emulator is known to differ. */
  readonly notOnEmulator?: string;
  run(database: Database): Promise<void>;
}

const DAY = "2026-11-22";
/** The most mutations that counting puts into one commit. */
const MUTATIONS = 500;
/** How often two keys are read while they are written. */
const READS = 100;
/** What a replaced counter has more. */
const REPLACEMENT = 1_000;
const LIFETIME_MS = 60 * 60_000;

export const datastoreClaims: readonly DatastoreClaim[] = [
  {
    title: "one commit inserts a mark and increments both counters, and brings back the new totals",
    async run(database) {
      deepEqual(await count(database, "/totals", "totals-1"), [1, 1]);
      deepEqual(await count(database, "/totals", "totals-2"), [2, 2]);
    },
  },
  {
    title: "a mark that is there already refuses the whole commit with ALREADY_EXISTS",
    async run(database) {
      await count(database, "/exists", "exists-1");
      await refusedWith(count(database, "/exists", "exists-1"), "ALREADY_EXISTS");
      deepEqual(await count(database, "/exists", "exists-2"), [2, 2]);
    },
  },
  {
    title: "a mark twice in one commit is INVALID_ARGUMENT, not ALREADY_EXISTS",
    async run(database) {
      await refusedWith(commit(database, [mark(database, "twice-1"), mark(database, "twice-1")]), "INVALID_ARGUMENT");
    },
  },
  {
    title: "an entity's createTime is its commit's time, at which the counters are still read as that commit left them",
    async run(database) {
      const { keys, site } = database;
      await count(database, "/past", "past-1");
      const { createTime } = (await lookup(database, [keys.visit(site, "past-1")]))[0] ?? {};
      ok(createTime !== undefined, "there is no createTime");
      await count(database, "/past", "past-2");
      deepEqual(await counts(database, "/past", { readTime: createTime }), [1, 1]);
      deepEqual(await counts(database, "/past"), [2, 2]);
    },
  },
  {
    title: "`maximum` answers the larger number",
    async run(database) {
      for (const shards of [3, 2]) {
        const { mutationResults } = await commit(database, add(database, "/maximum", 1, {}, shards));
        equal(number(mutationResults[0]?.transformResults?.at(-1)), 3);
      }
    },
  },
  {
    title: "a day in backquotes is a property of `days`, out of the indexes",
    async run(database) {
      await count(database, "/days", "days-1");
      for (const { entity } of await lookup(database, countersOf(database, "/days"))) {
        const days = entity.properties?.["days"]?.entityValue?.properties ?? {};
        deepEqual(Object.keys(days), [DAY]);
        equal(days[DAY]?.excludeFromIndexes, true);
      }
    },
  },
  {
    title: `a commit takes ${MUTATIONS} mutations, and an entity ${ADDITION_DAYS} days in one`,
    async run(database) {
      const marks = Array.from({ length: MUTATIONS - 2 }, (_, index) => mark(database, `many-${index}`));
      const days = Array.from({ length: ADDITION_DAYS }, (_, index) => [addDay(index), 1]);
      await commit(database, [...add(database, "/many", ADDITION_DAYS, Object.fromEntries(days)), ...marks]);
      deepEqual(await counts(database, "/many"), [ADDITION_DAYS, ADDITION_DAYS]);
    },
  },
  {
    title: "a lookup in a read-only transaction is one snapshot, while both its entities are written",
    notOnEmulator: "its own are torn now and then under load",
    async run(database) {
      await whileWriting(database, "/torn", async () => {
        for (let times = 0; times < READS; times += 1) {
          const { transaction } = await database.call("beginTransaction", { transactionOptions: { readOnly: {} } });
          const [page, whole] = await counts(database, "/torn", { transaction });
          equal(page, whole, "the read is torn");
        }
      });
    },
  },
  {
    title: "a read-write transaction replaces a counter that is being counted, and nothing is lost",
    async run(database) {
      const { keys, call } = database;
      const key = keys.counter(siteOf(database, "/replaced"), "/replaced", 0);
      const written = await whileWriting(database, "/replaced", async () => {
        const { transaction } = await call("beginTransaction", { transactionOptions: { readWrite: {} } });
        const [before = 0] = await counts(database, "/replaced", { transaction });
        await call("commit", { mode: "TRANSACTIONAL", transaction, mutations: [replaceCounter(key, before + REPLACEMENT, {}, true)] });
      });
      deepEqual(await counts(database, "/replaced"), [written + REPLACEMENT, written]);
    },
  },
  {
    title: "the index of build/indexes/index.yaml serves a site's pages by their visits",
    async run(database) {
      const { keys, call } = database;
      await count(database, "/top", "top-1");
      const site = keys.counter(siteOf(database, "/top"), null, 0);
      const query: Requests["runQuery"]["query"] = {
        kind: COUNTER_KIND,
        filter: { propertyFilter: { property: { name: "__key__" }, op: "HAS_ANCESTOR", value: { keyValue: site } } },
        order: [
          { property: { name: "count" }, direction: "DESCENDING" },
          { property: { name: "__key__" }, direction: "ASCENDING" },
        ],
        limit: 10,
      };
      const { batch } = await call("runQuery", { ...keys.partition, query });
      equal(batch.entityResults?.length, 1);
    },
  },
];

/** Each page's claim has a site of its own. */
function siteOf({ site }: Database, page: string): string {
  return `${page.slice(1)}.${site}`;
}

function countersOf(database: Database, page: string): Key[] {
  const site = siteOf(database, page);
  return [database.keys.counter(site, page, 0), database.keys.counter(site, null, 0)];
}

/** What the service writes for visits: the site's counter first, then the page's. */
function add(database: Database, page: string, visits: number, days: Record<string, number>, shards = 1): Mutation[] {
  return addToSite(database.keys, siteOf(database, page), 0, [{ page, visits, days }], shards);
}

function mark({ keys, site }: Database, id: string): Mutation {
  const markOf = visitMarks({ id: "claim", expireAt: Date.now() + LIFETIME_MS });
  return markOf(keys.visit(site, id), { page: "/", day: DAY, id });
}

function commit({ call }: Database, mutations: readonly Mutation[]): Promise<Responses["commit"]> {
  return call("commit", { mode: "TRANSACTIONAL", singleUseTransaction: { readWrite: {} }, mutations });
}

/** Counts a visit as the service does, and answers the totals of the page and of its site. */
async function count(database: Database, page: string, id: string): Promise<number[]> {
  const { mutationResults } = await commit(database, [...add(database, page, 1, { [DAY]: 1 }), mark(database, id)]);
  return [mutationResults[1], mutationResults[0]].map((result) => number(result?.transformResults?.[0]));
}

async function lookup({ call }: Database, keys: readonly Key[], readOptions: ReadOptions = {}) {
  const { found = [] } = await call("lookup", { keys, readOptions });
  // Found entities come in any order.
  const nameOf = ({ path }: Key) => path.map(({ name }) => name).join("\n");
  return keys.flatMap((key) => found.find(({ entity }) => nameOf(entity.key) === nameOf(key)) ?? []);
}

/** The stored totals of a page and of its site; 0 where there is none. */
async function counts(database: Database, page: string, readOptions: ReadOptions = {}): Promise<number[]> {
  const found = await lookup(database, countersOf(database, page), readOptions);
  return [0, 1].map((index) => number(found[index]?.entity.properties?.["count"]));
}

/** Does something while a page is counted over and over, and answers how often it was. */
async function whileWriting(database: Database, page: string, act: () => Promise<void>): Promise<number> {
  let written = 0;
  let acting = true;
  const write = async () => {
    await commit(database, add(database, page, 1, {}));
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

function addDay(index: number): string {
  return new Date(Date.UTC(2020, 0, 1 + index)).toISOString().slice(0, 10);
}

function refusedWith(call: Promise<unknown>, status: string): Promise<void> {
  return rejects(call, (error) => error instanceof TransportError && error.status === status);
}
