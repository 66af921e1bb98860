import type { Config } from "../../../src/config.ts";
import type { Store } from "../../../src/domain/store.ts";
import * as google from "../../../src/platform/node/google.ts";
import { createGrpcTransport } from "../../../src/platform/node/grpc-transport.ts";
import { EMULATOR_PROJECT, openDatastore } from "../../../src/stores/datastore/open.ts";

/** Datastore as one would have it without thinking of the start: Google's gRPC client, loaded with everything else. */
export function openDatastoreOnNode({ datastore, shards }: Config): Store {
  const { emulator, databaseId } = datastore;
  const project = datastore.project ?? (emulator ? EMULATOR_PROJECT : undefined);
  return openDatastore(createGrpcTransport({ google, emulator, project, databaseId }), datastore, shards);
}
