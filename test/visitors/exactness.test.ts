import { afterAll, beforeAll, describe } from "vitest";
import { nodeOnDatastore, nodeOnSqlite, type Place, type ServiceRow, workerOnDatastore, workerOnDurableObjects } from "../http/rows.ts";
import { exactness } from "../http/service/exactness.ts";
import type { Rig } from "../http/service/rig.ts";
import type { Served } from "../support/artefacts.ts";
import { type Client, createClient } from "../support/http.ts";
import { requires } from "../support/skip.ts";
import { from, WITH_VISITORS } from "./clients.ts";

/** A client of which each request comes from the next visitor. */
function asVisitors(client: Client): Client {
  let sent = 0;
  return {
    ...client,
    send(target, { headers, body } = {}) {
      sent += 1;
      return client.send(target, { headers: { ...headers, ...from(sent) }, body });
    },
  };
}

/** The very suite that runs without visitors. */
function describeWithVisitors(row: ServiceRow): void {
  describe("with visitors", () => {
    const running: { served: Served; client: Client }[] = [];
    let place: Place | undefined;
    let rig: Rig | undefined;

    beforeAll(async () => {
      const at = await row.place();
      place = at;
      const start = async () => {
        const served = await at.start(WITH_VISITORS);
        running.push({ served, client: createClient(served.url) });
        return asVisitors(createClient(served.url));
      };
      const open = await start();
      const second = row.instances === 2 ? await start() : open;
      const [{ served } = { served: undefined }] = running;
      if (served) rig = { open, second, guarded: open, served: { open: served, guarded: served } };
    });
    afterAll(async () => {
      for (const { served, client } of running) {
        client.close();
        await served.stop();
      }
      await place?.remove();
    });

    exactness(() => {
      if (!rig) throw new Error("the services have not started");
      return rig;
    });
  });
}

for (const row of [nodeOnSqlite, workerOnDurableObjects]) describe(row.name, () => describeWithVisitors(row));
for (const row of [nodeOnDatastore, workerOnDatastore]) requires("emulator")(row.name, () => describeWithVisitors(row));
