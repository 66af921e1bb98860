import { DurableObject } from "cloudflare:workers";
import { addDays, DAY_MS, dayOf, HOUR_MS } from "../../domain/day.ts";
import { type Answer, answer, type Method } from "../../stores/sqlite/answer.ts";
import type { Row, Sql, SqlValue } from "../../stores/sqlite/sql.ts";
import { createSqliteStore, type SqliteStore } from "../../stores/sqlite/store.ts";

/** What a site's object needs: the namespace of its own class, bound under this very name. */
export interface SiteCounterEnv {
  readonly SITE_COUNTER: DurableObjectNamespace<SiteCounter>;
}

/** The object that knows the names of all sites. No host has a slash. */
export const REGISTRY = "/sites";

const WRITES: readonly Method[] = ["commit", "correct", "add"];
/** How far the clocks of the west are behind UTC, at most. */
const FORGET_BEHIND_MS = 12 * HOUR_MS;
const REGISTERED = "registered";
const SITE_PREFIX = "site:";

/** One site's counters, in its own SQLite database, which holds a call's answer back until its writes are durable. */
export class SiteCounter extends DurableObject<SiteCounterEnv> {
  #opened: { readonly store: SqliteStore; readonly visitors: boolean } | null = null;

  /** A call of the store port, or for a salt, about this object's site; `visitors` as the worker is set up. */
  async call(site: string, method: Method, args: readonly unknown[], visitors: boolean): Promise<Answer> {
    return answer(async () => {
      if (WRITES.includes(method)) await this.#register(site);
      if (method === "salt") await this.#planForgetting(args[1] as string);
      const store = this.#open(visitors);
      return Reflect.apply(store[method], store, args);
    });
  }

  /** Deletes the salts of days that are over everywhere, where no visit has done so. */
  override async alarm(): Promise<void> {
    await this.#open(true).forget("", dayOf(Date.now() - FORGET_BEHIND_MS));
    const { sql } = this.ctx.storage;
    if (sql.exec("select day from salt limit 1").toArray().length > 0) await this.ctx.storage.setAlarm(Date.now() + DAY_MS);
  }

  #open(visitors: boolean): SqliteStore {
    if (this.#opened?.visitors !== visitors) {
      const { storage } = this.ctx;
      const sql: Sql = {
        exec: <R extends Row>(statement: string, ...parameters: SqlValue[]) =>
          storage.sql.exec(statement, ...parameters.map(toSqlStorage)).toArray() as unknown as R[],
        transaction: (body) => storage.transactionSync(body),
      };
      // An object refuses to overwrite what it deletes.
      this.#opened = { store: createSqliteStore(sql, { now: Date.now, visitors, purge: () => {} }), visitors };
    }
    return this.#opened.store;
  }

  /** The day's salt may go when the day after next has begun in every zone. */
  async #planForgetting(day: string): Promise<void> {
    const time = Date.parse(addDays(day, 2)) + FORGET_BEHIND_MS;
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(time);
  }

  /** The registry's part: keeps the name of a site. */
  register(site: string): void {
    this.ctx.storage.kv.put(SITE_PREFIX + site, true);
  }

  /** The registry's part: whether a site was ever written to. */
  isRegistered(site: string): boolean {
    return this.ctx.storage.kv.get(SITE_PREFIX + site) !== undefined;
  }

  /** The registry's part: the names of all sites that were ever written to. */
  registered(): string[] {
    return Array.from(this.ctx.storage.kv.list({ prefix: SITE_PREFIX }), ([key]) => key.slice(SITE_PREFIX.length));
  }

  /** Before the first write, so that no acknowledged visit is in a site that nobody lists. */
  async #register(site: string): Promise<void> {
    const { kv } = this.ctx.storage;
    if (kv.get(REGISTERED)) return;
    await this.env.SITE_COUNTER.getByName(REGISTRY).register(site);
    kv.put(REGISTERED, true);
  }
}

/** An object takes bytes as a buffer of their own. */
function toSqlStorage(value: SqlValue): SqlStorageValue {
  return value instanceof Uint8Array ? value.slice().buffer : value;
}
