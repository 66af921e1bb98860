import { addDays } from "../day.ts";

/** Bytes of a day's salt. */
export const SALT_BYTES = 32;

/** Keeps a random salt a day, and no longer than {@link oldestKept} says. An engine has one for all sites, or one for each. */
export interface SaltStore {
  /**
   * The salt of a day: the stored one or, where there is none, `fresh`, which is stored. All instances get the same one. Salts that
   * are older than `oldestKept(day)` are deleted on the way. Throws `StoreError`.
   *
   * @param fresh 32 random bytes
   */
  salt(site: string, day: string, fresh: Uint8Array): Promise<Uint8Array>;
  /** Deletes for good the salts that are older than `oldestKept(today)`. Throws `StoreError`. */
  forget(site: string, today: string): Promise<void>;
}

/**
 * The oldest day whose salt is kept: yesterday, so that its late visits and a `TIME_ZONE` moved west meet it again. A salt goes as
 * soon as a day two days newer has begun.
 */
export function oldestKept(today: string): string {
  return addDays(today, -1);
}
