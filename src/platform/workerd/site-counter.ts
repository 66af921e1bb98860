import { DurableObject } from "cloudflare:workers";
import type { Store } from "../../domain/store.ts";
import { type Answer, answer, type Method } from "../../stores/sqlite/answer.ts";
import type { Row } from "../../stores/sqlite/sql.ts";
import { createSqliteStore } from "../../stores/sqlite/store.ts";

/** What a site's object needs: the namespace of its own class, bound under this very name. */
export interface SiteCounterEnv {
  readonly SITE_COUNTER: DurableObjectNamespace<SiteCounter>;
}

/** The object that knows the names of all sites. No host has a slash. */
export const REGISTRY = "/sites";

const WRITES: readonly Method[] = ["commit", "correct", "add"];
const REGISTERED = "registered";
const SITE_PREFIX = "site:";

/** One site's counters, in its own SQLite database, which holds a call's answer back until its writes are durable. */
export class SiteCounter extends DurableObject<SiteCounterEnv> {
  readonly #store: Omit<Store, "close">;

  constructor(ctx: DurableObjectState, env: SiteCounterEnv) {
    super(ctx, env);
    const { storage } = ctx;
    this.#store = createSqliteStore(
      {
        exec: <R extends Row>(statement: string, ...parameters: SqlStorageValue[]) =>
          storage.sql.exec(statement, ...parameters).toArray() as unknown as R[],
        transaction: (body) => storage.transactionSync(body),
      },
      Date.now,
    );
  }

  /** A call of the store port about this object's site. */
  async call(site: string, method: Method, args: readonly unknown[]): Promise<Answer> {
    return answer(async () => {
      if (WRITES.includes(method)) await this.#register(site);
      return Reflect.apply(this.#store[method], this.#store, args);
    });
  }

  /** The registry's part: keeps the name of a site. */
  register(site: string): void {
    this.ctx.storage.kv.put(SITE_PREFIX + site, true);
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
