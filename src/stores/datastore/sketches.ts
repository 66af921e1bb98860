import { type DayRanks, mapOf, packRank, type DayMap as SketchMap, unpackRank } from "../../domain/visitors/day-ranks.ts";
import type { Place } from "../../domain/visitors/sketch.ts";
import type { Entity, Key, Mutation, Transform, Value } from "./transport.ts";
import { integer, number } from "./values.ts";

/** The two properties of a counter's sketch entity that hold its registers, for even and for odd days. */
export const SKETCH_FIELDS: readonly SketchMap[] = ["even", "odd"];

/** The path of a register: `even.r123`. Letters and digits need no quotes. */
function registerPath(day: string, register: number): string {
  return `${mapOf(day)}.r${register}`;
}

/** Raises registers of a day in a sketch entity. */
export function raiseRegisters(key: Key, days: readonly { readonly day: string; readonly grown: readonly Place[] }[]): Mutation {
  const propertyTransforms = days.flatMap(({ day, grown }): Transform[] =>
    grown.map(({ register, rank }) => ({ property: registerPath(day, register), maximum: integer(packRank(day, rank)) })),
  );
  // Without a mask the entity would be replaced.
  return { upsert: { key, properties: {} }, propertyMask: { paths: [] }, propertyTransforms };
}

/** The places of a day that registers came to, by what a commit answered: another instance's may be larger than what was sent. */
export function raisedTo(day: string, places: readonly Place[], results: ((property: string) => number) | undefined): Place[] {
  if (!results) return [];
  return places.flatMap(({ register }) => {
    const stored = unpackRank(results(registerPath(day, register)));
    return stored?.day === day ? [{ register, rank: stored.rank }] : [];
  });
}

/** The registers of one of the maps. */
export function* ranksOf(entity: Entity, map: SketchMap): Generator<readonly [number, number]> {
  for (const [property, value] of Object.entries(entity.properties?.[map]?.entityValue?.properties ?? {})) {
    const register = Number(property.slice(1));
    if (Number.isSafeInteger(register)) yield [register, number(value)];
  }
}

/** Registers as the value of a map. */
export function ranksValue(ranks: DayRanks): Value {
  const properties: Record<string, Value> = {};
  for (const [register, value] of ranks) properties[`r${register}`] = integer(value);
  return { entityValue: { properties } };
}
