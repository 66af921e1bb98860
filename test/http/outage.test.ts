import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { freePort } from "../../build/process.ts";
import { emulatorHost } from "../support/emulator.ts";
import { createClient, newSite } from "../support/http.ts";
import { startForwarder } from "../support/http-forwarder.ts";
import { failuresIn } from "../support/http-log.ts";
import { requires } from "../support/skip.ts";
import { nodeOnDatastore, type ServiceRow, workerOnDatastore } from "./rows.ts";
import { OPEN } from "./service/rig.ts";

/** The contract: a visit that cannot be counted is refused within this time. */
const REFUSED_WITHIN_MS = 10_000;
/** How long a service may take to notice that its store is there. */
const BACK_WITHIN_MS = 15_000;
const VISITS = 20;

/** Datastore is down at the start, and comes later. */
function outage(row: ServiceRow): void {
  test("starts, says that it is not well, refuses visits, and counts each once when they are sent again", async () => {
    const place = await row.place();
    const port = await freePort();
    const served = await place.start({ ...OPEN, DATASTORE_EMULATOR_HOST: `127.0.0.1:${port}` });
    const client = createClient(served.url);
    const site = newSite();
    const ids = Array.from({ length: VISITS }, () => randomUUID());
    const count = (id: string) => client.send("POST /visits", { body: { site, page: "/a", id } });

    const unwell = await client.send("GET /v1/health");
    expect(unwell).toMatchObject({
      status: 503,
      headers: { "content-type": expect.stringMatching(/problem\+json/), "retry-after": expect.stringMatching(/^[1-9]\d*$/) },
    });
    const startedAt = performance.now();
    const refused = await Promise.all(ids.map(count));
    expect(performance.now() - startedAt).toBeLessThan(REFUSED_WITHIN_MS);
    for (const answer of refused) {
      expect(answer.json()).toMatchObject({ type: "urn:footfall:unavailable", status: 503 });
      expect(answer).toMatchObject({
        status: 503,
        headers: { "retry-after": expect.stringMatching(/^[1-9]\d*$/), "access-control-allow-origin": "*" },
      });
      expect(answer.text).not.toMatch(/ECONN|127\.0\.0\.1|UNAVAILABLE|fetch/);
    }
    expect(failuresIn(served.output()).length).toBeGreaterThanOrEqual(VISITS);

    const forwarder = await startForwarder(port, await emulatorHost());
    for (const until = Date.now() + BACK_WITHIN_MS; (await client.send("GET /v1/health")).status !== 200; await setTimeout(250)) {
      if (Date.now() > until) throw new Error("the service does not notice that its store is back");
    }
    const answers = await Promise.all(ids.map(count));
    expect(answers.map(({ status, text }) => (status === 200 ? "counted" : text))).toEqual(ids.map(() => "counted"));
    const again = await Promise.all(ids.map(count));
    expect(again.map((answer) => answer.json().reason)).toEqual(ids.map(() => "duplicate"));
    const totals = (await client.send(`GET /visits?site=${site}&page=/a`)).json();
    expect(totals).toMatchObject({ siteVisits: VISITS, pages: [{ visits: VISITS }] });

    client.close();
    await served.stop();
    await forwarder.stop();
    await place.remove();
  });
}

requires("emulator")("while Datastore is down", () => {
  for (const row of [nodeOnDatastore, workerOnDatastore]) describe(row.name, () => outage(row));
});
