import { deepEqual, equal, ok } from "node:assert/strict";
import { mapOf, packRank } from "../../src/domain/visitors/day-ranks.ts";
import { dayPath, daysOf, daysValue } from "../../src/stores/datastore/days.ts";
import { setCounter, transformAlso } from "../../src/stores/datastore/mutations.ts";
import { raiseRegisters, SKETCH_FIELDS } from "../../src/stores/datastore/sketches.ts";
import { commitAlone } from "../../src/stores/datastore/transaction.ts";
import type { EntityResult, Key } from "../../src/stores/datastore/transport.ts";
import { integer, number } from "../../src/stores/datastore/values.ts";
import { add, countersOf, DAY, type Database, type DatastoreClaim, lookup, NEXT_DAY, siteOf } from "./claims-database.ts";

/** Registers of one entity that a batch may raise: one a visit. */
const REGISTERS = 400;
/** What a commit with visitors looks up before it, but for the days. */
const MASK = { propertyMask: { paths: ["count", "visitors", ...SKETCH_FIELDS] } };

/** What estimates of visitors lean on. */
export const visitorClaims: readonly DatastoreClaim[] = [
  {
    title: `${REGISTERS} nested \`maximum\` transforms in one commit make a sketch and raise it, and answer the larger numbers in order`,
    async run(database) {
      const key = sketchOf(database, "/sketch");
      const places = (least: number) => Array.from({ length: REGISTERS }, (_, register) => ({ register, rank: least + (register % 2) }));
      for (const [sent, answered] of [
        [1, 1],
        [3, 3],
        [1, 3],
      ] as const) {
        const { mutationResults } = await commitAlone(database, [raiseRegisters(key, [{ day: DAY, grown: places(sent) }])]);
        const results = mutationResults[0]?.transformResults?.map((value) => number(value));
        deepEqual(
          results,
          places(answered).map(({ rank }) => packRank(DAY, rank)),
        );
      }
    },
  },
  {
    title: "registers and estimates that transforms have made are not indexed",
    async run(database) {
      const keys = await estimateOne(database, "/unindexed");
      const nested = (await lookup(database, keys, MASK)).flatMap(({ entity: { properties = {} } }) =>
        ["visitors", ...SKETCH_FIELDS].flatMap((map) => Object.values(properties[map]?.entityValue?.properties ?? {})),
      );
      deepEqual(
        nested.map(({ excludeFromIndexes }) => excludeFromIndexes),
        [true, true],
      );
    },
  },
  {
    title: "a masked look-up answers what an entity has of the mask, be it nothing",
    async run(database) {
      const keys = await estimateOne(database, "/masked");
      const names = (found: readonly EntityResult[]) => found.map(({ entity }) => Object.keys(entity.properties ?? {}).toSorted());
      deepEqual(names(await lookup(database, keys, MASK)), [["count", "visitors"], [mapOf(DAY)]]);
      deepEqual(names(await lookup(database, keys, { propertyMask: { paths: ["unattributed"] } })), [[], []]);
    },
  },
  {
    title: "a masked upsert replaces a counter's estimates as a whole and leaves the rest",
    async run(database) {
      const [key] = await estimateOne(database, "/restated");
      await commitAlone(database, [setCounter(key, { visitors: daysValue({ [NEXT_DAY]: 5 }) })]);
      const [found] = await lookup(database, [key]);
      ok(found, "the counter is missing");
      deepEqual(daysOf(found.entity, null, "visitors"), { [NEXT_DAY]: 5 });
      deepEqual(daysOf(found.entity, null), { [DAY]: 1 });
      equal(number(found.entity.properties?.["count"]), 1);
    },
  },
];

/** Counts a visit of a page and its visitor, as the service does; answers the keys of the page's counter and sketch. */
async function estimateOne(database: Database, page: string): Promise<[counter: Key, sketch: Key]> {
  const keys: [Key, Key] = [countersOf(database, page)[0], sketchOf(database, page)];
  const estimated = { property: dayPath(DAY, "visitors"), maximum: integer(1) };
  const [ofSite, ofPage] = add(database, page, 1, { [DAY]: 1 });
  ok(ofSite && ofPage);
  const raised = raiseRegisters(keys[1], [{ day: DAY, grown: [{ register: 7, rank: 2 }] }]);
  await commitAlone(database, [ofSite, transformAlso(ofPage, [estimated]), raised]);
  return keys;
}

function sketchOf(database: Database, page: string): Key {
  return database.keys.sketch(siteOf(database, page), page, 0);
}
