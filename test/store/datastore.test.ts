import * as google from "../../src/platform/node/google.ts";
import { createGrpcTransport } from "../../src/platform/node/grpc-transport.ts";
import { emulatorIdentity } from "../../src/stores/datastore/identity.ts";
import { openDatastore } from "../../src/stores/datastore/open.ts";
import { createRestTransport } from "../../src/stores/datastore/rest.ts";
import type { Transport } from "../../src/stores/datastore/transport.ts";
import { emulatorHost } from "../support/emulator.ts";
import { bundleWorker, runWorker } from "../support/miniflare.ts";
import { createRemoteStore } from "../support/remote-store.ts";
import { requires } from "../support/skip.ts";
import { warmUp } from "./contract/fixture.ts";
import { describeStore, type StoreRow } from "./contract.ts";

const PROJECT = "contract";

/** A row in this process: each instance has a transport of its own. */
function row(name: string, visitors: boolean, shards: number, namespaceId: string, open: (emulator: string) => Transport): StoreRow {
  const instance = async () => {
    const emulator = await emulatorHost();
    await warmUp(open(emulator));
    return openDatastore(open(emulator), { namespaceId, emulator }, shards, visitors ? open(emulator) : null);
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

const rest = (databaseId: string) => (emulator: string) =>
  createRestTransport({ origin: `http://${emulator}`, databaseId, identity: emulatorIdentity(PROJECT), fetch });
const grpc = (databaseId: string) => (emulator: string) => createGrpcTransport({ google, emulator, project: PROJECT, databaseId });

const rows: readonly StoreRow[] = [
  row("Datastore over gRPC", true, 1, "", grpc("")),
  row("Datastore over REST from Node", false, 1, "no-visitors", rest("")),
  {
    name: "Datastore over REST from workerd",
    visitors: true,
    open: async () => {
      const script = await bundleWorker(new URL("../support/store-worker.ts", import.meta.url));
      const start = () =>
        emulatorHost().then((EMULATOR) => runWorker({ script, vars: { STORE: "datastore", VISITORS: "daily", EMULATOR } }));
      const workers = await Promise.all([start(), start()]);
      const [first, second] = workers.map(({ url }) => createRemoteStore(url, "datastore"));
      if (!first || !second) throw new Error("two workers should have started");
      return {
        store: first,
        again: async () => second,
        close: async () => void (await Promise.all(workers.map((worker) => worker.stop()))),
      };
    },
  },
];

for (const each of rows) requires("emulator")(each.name, () => describeStore(each));
