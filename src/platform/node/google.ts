/** What is used of Google's client. It takes long to load, so it is a script of its own: see load.ts. */
// biome-ignore lint/performance/noBarrelFile: this is the entry of a bundle, which has nothing else.
export { DatastoreClient } from "@google-cloud/datastore/build/src/v1/index.js";
export { googleAuthLibrary, grpc } from "google-gax";
export { decodeCommit, encodeCommit } from "./commit-proto.ts";
