import { deepEqual, equal, ok } from "node:assert/strict";
import { addDays } from "../../src/domain/day.ts";
import { ADDITION_DAYS } from "../../src/domain/store.ts";
import { dayPath, daysOf, daysValue } from "../../src/stores/datastore/days.ts";
import { COUNTER_KIND } from "../../src/stores/datastore/layout.ts";
import { setCounter } from "../../src/stores/datastore/mutations.ts";
import { commitAlone } from "../../src/stores/datastore/transaction.ts";
import type { Requests } from "../../src/stores/datastore/transport.ts";
import { integer, number } from "../../src/stores/datastore/values.ts";
import {
  add,
  count,
  countersOf,
  counts,
  DAY,
  type DatastoreClaim,
  lookup,
  mark,
  NEXT_DAY,
  refusedWith,
  siteOf,
  whileWriting,
} from "./claims-database.ts";

/** The most mutations of a batch's commit. */
const MUTATIONS = 500;
/** Reads of two entities while they are written. */
const READS = 100;
/** Visits that a replaced counter has more. */
const REPLACEMENT = 1_000;

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
      await refusedWith(commitAlone(database, [mark(database, "twice-1"), mark(database, "twice-1")]), "INVALID_ARGUMENT");
    },
  },
  {
    title: "a mark's createTime is its commit's time, and a read at that time gives the totals right after the commit",
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
    title: "a `maximum` transform answers the larger number",
    async run(database) {
      for (const shards of [3, 2]) {
        const { mutationResults } = await commitAlone(database, add(database, "/maximum", 1, {}, shards));
        equal(number(mutationResults[0]?.transformResults?.at(-1)), 3);
      }
    },
  },
  {
    title: "an `update` of an entity that is not there refuses the whole commit with NOT_FOUND",
    async run(database) {
      const [page, site] = add(database, "/closed", 1, {});
      ok(page?.upsert && site, "there is no mutation");
      const { upsert: update, ...rest } = page;
      await refusedWith(commitAlone(database, [{ ...rest, update }, site]), "NOT_FOUND");
      equal((await lookup(database, countersOf(database, "/closed"))).length, 0);
    },
  },
  {
    title: `a day's name needs no quotes: ${dayPath(DAY)} is a property path in a transform, in a read's mask and in a write's mask`,
    async run(database) {
      await count(database, "/days", "days-1");
      const [key] = countersOf(database, "/days");
      const days = async (propertyMask: { paths: string[] }) => {
        const [found] = await lookup(database, [key], { propertyMask });
        ok(found, "the counter is missing");
        return found.entity;
      };
      deepEqual(daysOf(await days({ paths: ["days"] }), null), { [DAY]: 1 });
      const paths = [dayPath(NEXT_DAY)];
      await commitAlone(database, [{ upsert: { key, properties: { days: daysValue({ [NEXT_DAY]: 5 }) } }, propertyMask: { paths } }]);
      deepEqual(daysOf(await days({ paths: ["days"] }), null), { [DAY]: 1, [NEXT_DAY]: 5 });
      deepEqual(daysOf(await days({ paths }), null), { [NEXT_DAY]: 5 });
    },
  },
  {
    title: "an incremented day is not indexed",
    async run(database) {
      await count(database, "/indexes", "indexes-1");
      for (const { entity } of await lookup(database, countersOf(database, "/indexes"))) {
        const days = Object.values(entity.properties?.["days"]?.entityValue?.properties ?? {});
        deepEqual(
          days.map(({ excludeFromIndexes }) => excludeFromIndexes),
          [true],
        );
      }
    },
  },
  {
    title: `a commit takes ${MUTATIONS} mutations, and an entity ${ADDITION_DAYS} days in one`,
    async run(database) {
      const marks = Array.from({ length: MUTATIONS - 2 }, (_, index) => mark(database, `many-${index}`));
      const days = Array.from({ length: ADDITION_DAYS }, (_, index) => [addDays("2020-01-01", index), 1]);
      await commitAlone(database, [...add(database, "/many", ADDITION_DAYS, Object.fromEntries(days)), ...marks]);
      deepEqual(await counts(database, "/many"), [ADDITION_DAYS, ADDITION_DAYS]);
    },
  },
  {
    title: "a lookup in a read-only transaction is one snapshot while both its entities are written",
    notOnEmulator: "its read-only transactions may see half of a commit under load",
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
    title: "a read-write transaction replaces a counter while visits are counted, and none is lost",
    async run(database) {
      const { keys, call } = database;
      const key = keys.counter(siteOf(database, "/replaced"), "/replaced", 0);
      const written = await whileWriting(database, "/replaced", async () => {
        const { transaction } = await call("beginTransaction", { transactionOptions: { readWrite: {} } });
        const [before = 0] = await counts(database, "/replaced", { transaction });
        await call("commit", {
          mode: "TRANSACTIONAL",
          transaction,
          mutations: [setCounter(key, { count: integer(before + REPLACEMENT, true) })],
        });
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
