import type { Days, Period } from "../../domain/store.ts";
import type { Entity, Value } from "./transport.ts";
import { integer, number } from "./values.ts";

/** The property of a counter that holds its visits by day. */
const DAYS = "days";

/**
 * The property of a day within `days`: `d20261122` for 2026-11-22. A date itself would have to be quoted in property paths, and
 * Datastore and its emulator differ in how; letters and digits need no quotes in any grammar.
 * https://cloud.google.com/datastore/docs/reference/data/rest/v1/projects/commit
 */
function dayProperty(day: string): string {
  return `d${day.replaceAll("-", "")}`;
}

/** The path of a day's property from the entity: `days.d20261122`. */
export function dayPath(day: string): string {
  return `${DAYS}.${dayProperty(day)}`;
}

/** The day of a property: 2026-11-22 for `d20261122`. */
function dayOfProperty(property: string): string {
  return `${property.slice(1, 5)}-${property.slice(5, 7)}-${property.slice(7)}`;
}

/** Visits by day as the value of `days`. */
export function daysValue(days: Days): Value {
  const properties: Record<string, Value> = {};
  for (const [day, visits] of Object.entries(days)) properties[dayProperty(day)] = integer(visits);
  return { entityValue: { properties } };
}

/** The visits by day of a counter entity: all, or those of a period. Days without visits are absent. */
export function daysOf(entity: Entity, period: Period | null): Record<string, number> {
  const days: Record<string, number> = {};
  for (const [property, value] of Object.entries(entity.properties?.[DAYS]?.entityValue?.properties ?? {})) {
    const day = dayOfProperty(property);
    const visits = number(value);
    if (visits !== 0 && (!period || (day >= period.from && day <= period.to))) days[day] = visits;
  }
  return days;
}
