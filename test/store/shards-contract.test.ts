import * as google from "../../src/platform/node/google.ts";
import { createGrpcTransport } from "../../src/platform/node/grpc-transport.ts";
import { emulatorIdentity } from "../../src/stores/datastore/identity.ts";
import { createRestTransport } from "../../src/stores/datastore/rest.ts";
import type { Sharding } from "../../src/stores/datastore/sharding.ts";
import { createDatastoreStore } from "../../src/stores/datastore/store.ts";
import type { Transport } from "../../src/stores/datastore/transport.ts";
import { emulatorHost } from "../support/emulator.ts";
import { createRestlessSharding } from "../support/restless-sharding.ts";
import { requires } from "../support/skip.ts";
import { warmUp } from "./contract/fixture.ts";
import { describeStore, type StoreRow } from "./contract.ts";

const PROJECT = "shards-contract";

/** A row whose instances have transports of their own. */
function row(name: string, visitors: boolean, open: (emulator: string) => Transport, sharding: () => Sharding | null): StoreRow {
  const instance = async () => {
    const emulator = await emulatorHost();
    await warmUp(open(emulator));
    const own = sharding();
    return createDatastoreStore({
      transport: open(emulator),
      namespace: visitors ? "" : "no-visitors",
      readIn: "readWrite",
      saltTransport: visitors ? open(emulator) : null,
      shards: "auto",
      ...(own && { sharding: own }),
      now: Date.now,
      random: Math.random,
    });
  };
  return {
    name,
    visitors,
    open: async () => {
      const store = await instance();
      return { store, again: instance, close: () => store.close() };
    },
  };
}

const grpc = (emulator: string) => createGrpcTransport({ google, emulator, project: PROJECT, databaseId: "" });
const rest = (emulator: string) =>
  createRestTransport({ origin: `http://${emulator}`, databaseId: "", identity: emulatorIdentity(PROJECT), fetch });

const rows: readonly StoreRow[] = [
  row("SHARDS=auto over gRPC", true, grpc, () => null),
  row("shards that open and close at random, over gRPC", true, grpc, () => createRestlessSharding(Math.random)),
  row("shards that open and close at random, over REST, without visitors", false, rest, () => createRestlessSharding(Math.random)),
];

for (const each of rows) requires("emulator")(each.name, () => describeStore(each));
