/** What the gRPC transport uses of Google's client: a bundle of its own, as it takes long to load (load.ts). */
// biome-ignore lint/performance/noBarrelFile: this is the entry of a bundle, which has nothing else.
export { DatastoreClient } from "@google-cloud/datastore/build/src/v1/index.js";
export { googleAuthLibrary, grpc } from "google-gax";
