import { createWorker } from "./bindings/workerd/create-worker.ts";
import { createDurableObjectStore } from "./bindings/workerd/durable-object-store.ts";
import type { SiteCounterEnv } from "./bindings/workerd/site-counter.ts";

export { SiteCounter } from "./bindings/workerd/site-counter.ts";

/** The worker that counts in its own Durable Objects. */
export default createWorker<SiteCounterEnv>("sqlite", (_, env) => createDurableObjectStore(env.SITE_COUNTER));
