import { addDays } from "../day.ts";

/** Bytes of a day's salt. */
export const SALT_BYTES = 32;

/** Random bytes. Only where the store has no salt yet: Node takes 10 ms to load what makes them. */
export function newSalt(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(SALT_BYTES));
}

/** Keeps a random salt a day, and no longer than {@link oldestKept} says. An engine has one for all sites, or one for each. */
export interface SaltStore {
  /**
   * The salt of a day: the stored one or, where there is none, a {@link newSalt}, which is stored. All instances get the same one.
   * Salts that are older than `oldestKept(day)` are deleted on the way. Throws `StoreError`.
   */
  salt(site: string, day: string): Promise<Uint8Array>;
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
