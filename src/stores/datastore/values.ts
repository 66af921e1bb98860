import type { Entity, Value } from "./transport.ts";

/** An integer; `indexed` where a list is sorted by it. */
export function integer(value: number, indexed = false): Value {
  return { integerValue: String(value), excludeFromIndexes: !indexed };
}

/** A text that no query needs. */
export function text(value: string): Value {
  return { stringValue: value, excludeFromIndexes: true };
}

/** A time (milliseconds since 1970) that no query needs. */
export function timestamp(time: number): Value {
  return { timestampValue: new Date(time).toISOString(), excludeFromIndexes: true };
}

/** Reads an integer; 0 where it is absent. */
export function number(value: Value | undefined): number {
  return Number(value?.integerValue ?? 0);
}

/** Reads an entity's integer property; 0 where it is absent. */
export function numberOf(entity: Entity | undefined, property: string): number {
  return number(entity?.properties?.[property]);
}

/** Reads an entity's text property; `null` where it is absent. */
export function textOf(entity: Entity | undefined, property: string): string | null {
  return entity?.properties?.[property]?.stringValue ?? null;
}
