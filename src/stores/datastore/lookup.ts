import type { Session } from "./context.ts";
import type { EntityResult, Key, Requests } from "./transport.ts";

/** The most keys of one lookup: https://cloud.google.com/datastore/docs/concepts/limits */
export const LOOKUP_KEYS = 1_000;

/** A key as text, to compare keys by. */
export function keyName(key: Key): string {
  return key.path.map(({ kind, name }) => `${kind}:${name}`).join("\n");
}

/** The entities that exist among these keys, in any order. */
export async function lookup({ call }: Session, keys: readonly Key[], options?: Omit<Requests["lookup"], "keys">): Promise<EntityResult[]> {
  const results: EntityResult[] = [];
  let rest = keys;
  while (rest.length > 0) {
    const { found = [], deferred = [] } = await call("lookup", { keys: rest.slice(0, LOOKUP_KEYS), ...options });
    results.push(...found);
    rest = [...deferred, ...rest.slice(LOOKUP_KEYS)];
  }
  return results;
}
