import { createWorker } from "./platform/workerd/create-worker.ts";
import { openDatastore, openRestTransport } from "./stores/datastore/open.ts";

/** The worker that counts in Datastore, over REST. */
export default createWorker("datastore", ({ datastore, shards }) =>
  openDatastore(openRestTransport(datastore, { fetch, now: Date.now }), datastore, shards),
);
