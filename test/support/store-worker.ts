import type { Store } from "../../src/domain/store.ts";
import { createDurableObjectStore } from "../../src/platform/workerd/durable-object-store.ts";
import type { SiteCounter, SiteCounterEnv } from "../../src/platform/workerd/site-counter.ts";
import { openDatastore, openRestTransport } from "../../src/stores/datastore/open.ts";
import { answer } from "../../src/stores/sqlite/answer.ts";

export { SiteCounter } from "../../src/platform/workerd/site-counter.ts";

interface Env extends SiteCounterEnv {
  /** Which of the stores to serve. */
  readonly STORE: string;
  /** `daily`: with visitors. */
  readonly VISITORS: string;
  /** The emulator's `host:port`. */
  readonly EMULATOR: string;
}

const stores: Readonly<Record<string, (env: Env) => Store>> = {
  "durable-object": (env) => createDurableObjectStore(env.SITE_COUNTER, env.VISITORS === "daily"),
  datastore: ({ EMULATOR: emulator, VISITORS }) => {
    const settings = { project: "contract", databaseId: "", namespaceId: "", emulator, serviceAccount: undefined };
    const open = () => openRestTransport(settings, { fetch, now: Date.now });
    return openDatastore(open(), settings, 1, VISITORS === "daily" ? open() : null);
  },
  "lossy-durable-object": (env) => createDurableObjectStore(lossy(env.SITE_COUNTER), env.VISITORS === "daily"),
};

/** The site that no call reaches. */
const UNREACHABLE = "unreachable.example";
/** The call that is answered too late, in milliseconds. */
const LATE_CALL = 20;
const LATE_MS = 10_000;

/** A namespace of whose calls the first of three is lost before its object has it, the second after, and the third arrives. */
function lossy(namespace: DurableObjectNamespace<SiteCounter>): DurableObjectNamespace<SiteCounter> {
  let calls = 0;
  const getByName = (name: string) => {
    const stub = namespace.getByName(name);
    const call: SiteCounter["call"] = async (...args) => {
      calls += 1;
      const fate = name === UNREACHABLE ? 1 : calls % 3;
      if (fate === 1) throw Object.assign(new Error("Network connection lost."), { retryable: true });
      const result = await stub.call(...args);
      if (calls === LATE_CALL) await new Promise((resolve) => setTimeout(resolve, LATE_MS));
      if (fate === 2) throw Object.assign(new Error("Durable Object is overloaded."), { overloaded: true });
      return result;
    };
    return { call, registered: () => stub.registered(), isRegistered: (site: string) => stub.isRegistered(site) };
  };
  return { getByName } as unknown as DurableObjectNamespace<SiteCounter>;
}

let store: Store | undefined;

/** A store over HTTP: POST `{method, args}` answers what the call came to. */
export default {
  async fetch(request, env): Promise<Response> {
    const { method, args } = await request.json<{ method: Exclude<keyof Store, "name">; args: unknown[] }>();
    store ??= stores[env.STORE]?.(env);
    if (!store) return new Response(`STORE is "${env.STORE}"; allowed is ${Object.keys(stores).join(", ")}.`, { status: 500 });
    const served = store;
    return Response.json(await answer(() => Reflect.apply(served[method], served, args)));
  },
} satisfies ExportedHandler<Env>;
