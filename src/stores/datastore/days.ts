import type { Days, Period } from "../../domain/store.ts";
import type { Entity, Value } from "./transport.ts";
import { integer, number } from "./values.ts";

/** The properties of a counter that hold a number by day. */
export type DayMap = "days" | "visitors" | "visitorsAdded";

/**
 * The property of a day within such a map: `d20261122` for 2026-11-22. A date itself would have to be quoted in property paths, and
 * Datastore and its emulator differ in how; letters and digits need no quotes in any grammar.
 * https://cloud.google.com/datastore/docs/reference/data/rest/v1/projects/commit
 */
function dayProperty(day: string): string {
  return `d${day.replaceAll("-", "")}`;
}

/** The path of a day's property from the entity: `days.d20261122`. */
export function dayPath(day: string, map: DayMap = "days"): string {
  return `${map}.${dayProperty(day)}`;
}

/** The day of a property: 2026-11-22 for `d20261122`; `null` for another one. */
function dayOfProperty(property: string): string | null {
  const [, year, month, day] = /^d(\d{4})(\d{2})(\d{2})$/.exec(property) ?? [];
  return day === undefined ? null : `${year}-${month}-${day}`;
}

/** Numbers by day as the value of such a map, without zeros. */
export function daysValue(days: Days): Value {
  const properties: Record<string, Value> = {};
  for (const [day, count] of Object.entries(days)) if (count !== 0) properties[dayProperty(day)] = integer(count);
  return { entityValue: { properties } };
}

/** The map `visitors`: estimates by day, and the start value where there is one. */
export function visitorsValue(estimated: Days, start: Value | undefined): Value {
  return { entityValue: { properties: { ...daysValue(estimated).entityValue?.properties, ...(start && { start }) } } };
}

/** The start value in an entity's map `visitors`. */
export function startOf({ properties }: Entity): Value | undefined {
  return properties?.["visitors"]?.entityValue?.properties?.["start"];
}

/** The numbers by day of a counter entity: all, or those of a period. Days with 0 are absent. */
export function daysOf(entity: Entity, period: Period | null, map: DayMap = "days"): Record<string, number> {
  const days: Record<string, number> = {};
  for (const [property, value] of Object.entries(entity.properties?.[map]?.entityValue?.properties ?? {})) {
    const day = dayOfProperty(property);
    const count = number(value);
    if (day !== null && count !== 0 && (!period || (day >= period.from && day <= period.to))) days[day] = count;
  }
  return days;
}
