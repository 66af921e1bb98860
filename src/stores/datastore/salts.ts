import { fromBase64 } from "../../base64.ts";
import { addDays, DAY_MS } from "../../domain/day.ts";
import { createRecent } from "../../domain/recent.ts";
import { newSalt, oldestKept, type SaltStore } from "../../domain/visitors/salts.ts";
import type { Context } from "./context.ts";
import { lookup } from "./lookup.ts";
import { withRetries } from "./retry.ts";
import { commitAlone } from "./transaction.ts";
import { isStatus, type Key, type Mutation } from "./transport.ts";
import { text, textOf, timestamp } from "./values.ts";

/** The kind of a day's salt; its name is the day. */
const SALT = "salt";
/** How many days back a salt that was left behind is looked for, and when the TTL policy deletes one that nobody met. */
const DAYS_BACK = 7;
const LIFETIME_DAYS = 3;
const DEADLINE_MS = 4_000;
/** Days whose salts an instance knows. */
const KNOWN_DAYS = 4;

/**
 * Salts in Datastore, one a day for all sites. Their database has neither backups nor point-in-time recovery, and in it a TTL policy on
 * `expireAt`.
 *
 * @param context whose transport is that database's
 */
export function createDatastoreSalts(context: Context): SaltStore {
  const known = createRecent<Uint8Array>(KNOWN_DAYS);
  const keyOf = (day: string): Key => ({ ...context.keys.partition, path: [{ kind: SALT, name: day }] });
  const daysBefore = (day: string): string[] => Array.from({ length: DAYS_BACK }, (_, back) => addDays(oldestKept(day), -1 - back));

  /** Deletes the salts that are too old, and answers the day's; where it has none, what `make` answers, which is stored. */
  async function meet<T extends Uint8Array | null>(day: string, make: () => T): Promise<Uint8Array | T> {
    return withRetries(context, context.now() + DEADLINE_MS, async (session) => {
      for (;;) {
        const found = await lookup(session, [day, ...daysBefore(day)].map(keyOf));
        const own = found.find(({ entity }) => entity.key.path[0]?.name === day);
        const mutations: Mutation[] = found.flatMap(({ entity }) =>
          entity === own?.entity ? [] : [{ delete: keyOf(entity.key.path[0]?.name ?? "") }],
        );
        const stored = textOf(own?.entity, SALT);
        const salt = stored === null ? make() : fromBase64(stored);
        if (stored === null && salt) mutations.push({ insert: { key: keyOf(day), properties: propertiesOf(day, salt) } });
        try {
          if (mutations.length > 0) await commitAlone(session, mutations);
          return salt;
        } catch (error) {
          // Another instance has inserted one meanwhile: that one it is.
          if (!isStatus(error, "ALREADY_EXISTS")) throw error;
        }
      }
    });
  }

  return {
    async salt(_, day) {
      const salt = known.get(day) ?? (await meet(day, newSalt));
      known.set(day, salt);
      return salt;
    },
    async forget(_, today) {
      await meet(today, () => null);
    },
  };
}

function propertiesOf(day: string, salt: Uint8Array) {
  const expireAt = timestamp(Date.parse(day) + LIFETIME_DAYS * DAY_MS);
  return { [SALT]: text(btoa(String.fromCharCode(...salt))), expireAt };
}
