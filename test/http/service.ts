import { afterAll, beforeAll, describe } from "vitest";
import type { Served } from "../support/artefacts.ts";
import { type Client, createClient } from "../support/http.ts";
import type { Place, ServiceRow } from "./rows.ts";
import { access } from "./service/access.ts";
import { bodies } from "./service/bodies.ts";
import { cors } from "./service/cors.ts";
import { counting } from "./service/counting.ts";
import { disconnects } from "./service/disconnects.ts";
import { exactness } from "./service/exactness.ts";
import { images } from "./service/images.ts";
import { limits } from "./service/limits.ts";
import { logs } from "./service/logs.ts";
import { reads } from "./service/reads.ts";
import { refusals } from "./service/refusals.ts";
import { GUARDED, OPEN, type Rig } from "./service/rig.ts";
import { visitors } from "./service/visitors.ts";

/** One suite, to be run on every artefact and engine: what the contract promises, over HTTP. */
export function describeService(row: ServiceRow): void {
  describe("as a service", () => {
    const places: Place[] = [];
    const running: Served[] = [];
    const clients: Client[] = [];
    let rig: Rig | undefined;

    const place = async () => {
      const made = await row.place();
      places.push(made);
      return made;
    };
    const start = async (on: Place, env: Record<string, string>) => {
      const served = await on.start(env);
      const client = createClient(served.url);
      running.push(served);
      clients.push(client);
      return { served, client };
    };

    beforeAll(async () => {
      const shared = await place();
      const open = await start(shared, OPEN);
      const second = row.instances === 2 ? await start(shared, OPEN) : open;
      const guarded = await start(await place(), GUARDED);
      const served = { open: open.served, guarded: guarded.served };
      rig = { open: open.client, second: second.client, guarded: guarded.client, served };
    });

    afterAll(async () => {
      for (const client of clients) client.close();
      await Promise.all(running.map((served) => served.stop()));
      await Promise.all(places.map((each) => each.remove()));
    });

    const use = (): Rig => {
      if (!rig) throw new Error("the services have not started");
      return rig;
    };
    counting(use, row);
    bodies(use);
    exactness(use);
    refusals(use);
    cors(use);
    images(use);
    reads(use, row);
    access(use);
    visitors(use);
    disconnects(use);
    limits(row);
    logs(row);
  });
}
