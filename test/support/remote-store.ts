import type { Store } from "../../src/domain/store.ts";
import { type Answer, type Method, resultOf } from "../../src/stores/sqlite/answer.ts";
import type { SqliteStore } from "../../src/stores/sqlite/store.ts";

/** How long a call may take: longer than a batch. */
const TIMEOUT_MS = 15_000;

type Results = { readonly [M in Method]: Awaited<ReturnType<SqliteStore[M]>> };

/** The store that `store-worker.ts` serves at `url`. */
export function createRemoteStore(url: URL, name: Store["name"]): Store {
  async function call<M extends Method>(method: M, args: Parameters<SqliteStore[M]>): Promise<Results[M]> {
    const body = JSON.stringify({ method, args });
    const response = await fetch(url, { method: "POST", body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`${method} answered ${response.status}: ${await response.text()}`);
    return resultOf((await response.json()) as Answer) as Results[M];
  }
  return {
    name,
    commit: (...args) => call("commit", args),
    totals: (...args) => call("totals", args),
    has: (...args) => call("has", args),
    sites: (...args) => call("sites", args),
    pages: (...args) => call("pages", args),
    names: (...args) => call("names", args),
    some: (...args) => call("some", args),
    top: (...args) => call("top", args),
    days: (...args) => call("days", args),
    correct: (...args) => call("correct", args),
    add: (...args) => call("add", args),
    removeSome: (...args) => call("removeSome", args),
    ping: (...args) => call("ping", args),
    close: async () => {},
  };
}
