import { createWorker } from "./platform/workerd/create-worker.ts";
import { createDurableObjectStore } from "./platform/workerd/durable-object-store.ts";
import type { SiteCounterEnv } from "./platform/workerd/site-counter.ts";
import { refuse } from "./environment.ts";

export { SiteCounter } from "./platform/workerd/site-counter.ts";

/** The worker that counts in its own Durable Objects. */
export default createWorker<Partial<SiteCounterEnv>>("sqlite", (_, { SITE_COUNTER }) =>
  createDurableObjectStore(SITE_COUNTER ?? refuse("SITE_COUNTER", undefined, "a binding to the Durable Object class SiteCounter")),
);
