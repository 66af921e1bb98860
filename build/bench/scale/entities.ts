import { keyName } from "../../../src/stores/datastore/lookup.ts";
import type { Entity, EntityResult, Key, Mutation, Transform, Value } from "../../../src/stores/datastore/transport.ts";
import { TransportError } from "../../../src/stores/datastore/transport.ts";
import { integer, number } from "../../../src/stores/datastore/values.ts";

/** How long a version can still be read once there is a newer one, in microseconds, the unit of versions. Datastore has an hour of them. */
const HISTORY = 30_000_000;

interface Version {
  readonly at: number;
  readonly createdAt: number;
  /** `null`: deleted. */
  readonly entity: Entity | null;
}

/** Entities with their history; what a database is apart from its delays. */
export interface Entities {
  /** Applies a commit, all or nothing, at a time (microseconds) after all earlier ones. Throws {@link TransportError}. */
  apply(mutations: readonly Mutation[], at: number): { readonly transformResults: readonly Value[] }[];
  read(key: Key, at: number): EntityResult | null;
}

export function createEntities(): Entities {
  const versions = new Map<string, Version[]>();

  function find(name: string, at: number): Version | undefined {
    return versions.get(name)?.findLast((version) => version.at <= at);
  }

  function check({ insert, update }: Mutation, at: number): void {
    if (insert && find(keyName(insert.key), at)?.entity) throw new TransportError("ALREADY_EXISTS", "it exists");
    if (update && !find(keyName(update.key), at)?.entity) throw new TransportError("NOT_FOUND", "it does not exist");
  }

  function write(mutation: Mutation, at: number): { transformResults: Value[] } {
    const key = keyOf(mutation);
    const name = keyName(key);
    const before = find(name, at);
    const written = mutation.insert ?? mutation.update ?? mutation.upsert;
    const kept = mutation.propertyMask ? before?.entity?.properties : {};
    const properties: Record<string, Value> = { ...kept, ...written?.properties };
    const maps = new Map<string, Record<string, Value>>();
    const transformResults = (mutation.propertyTransforms ?? []).map((transform) => change(properties, maps, transform));
    const createdAt = before?.entity ? before.createdAt : at;
    const all = versions.get(name) ?? [];
    versions.set(name, all);
    all.push({ at, createdAt, entity: mutation.delete ? null : { key, properties } });
    while ((all[1]?.at ?? at) < at - HISTORY) all.shift();
    return { transformResults };
  }

  return {
    apply(mutations, at) {
      for (const mutation of mutations) check(mutation, at);
      return mutations.map((mutation) => write(mutation, at));
    },
    read(key, at) {
      const version = find(keyName(key), at);
      return version?.entity ? { entity: version.entity, createTime: String(version.createdAt) } : null;
    },
  };
}

/** The key that a mutation writes. */
export function keyOf({ insert, update, upsert, delete: deleted }: Mutation): Key {
  const key = insert?.key ?? update?.key ?? upsert?.key ?? deleted;
  if (!key) throw new TransportError("INVALID_ARGUMENT", "a mutation without a key");
  return key;
}

/** Changes a property, or one within a map (`days.d20261122`), and answers its new value. `maps` are those that were copied before. */
function change(
  properties: Record<string, Value>,
  maps: Map<string, Record<string, Value>>,
  { property, increment, maximum }: Transform,
): Value {
  const [first = "", second] = property.split(".");
  const inner: Record<string, Value> = maps.get(first) ?? { ...properties[first]?.entityValue?.properties };
  const before = number(second === undefined ? properties[first] : inner[second]);
  const value = integer(increment ? before + number(increment) : Math.max(before, number(maximum)));
  if (second === undefined) properties[first] = value;
  else {
    inner[second] = value;
    maps.set(first, inner);
    properties[first] = { entityValue: { properties: inner } };
  }
  return value;
}
