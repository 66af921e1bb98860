import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { freePort } from "../../build/process.ts";
import { type NodeServer, startNodeServer } from "../support/artefacts.ts";
import { CLIENTS, createClient, misnumbered, newSite } from "../support/http.ts";
import { failuresIn, linesOf } from "../support/http-log.ts";
import { requires } from "../support/skip.ts";
import { nodeOnDatastore, nodeOnSqlite, type ServiceRow } from "./rows.ts";
import { OPEN } from "./service/rig.ts";

/** Cloud Run ends an instance 10 s after SIGTERM; some time must be left. */
const STOPS_WITHIN_MS = 8_000;
/** The server is under load once it has given so many answers. */
const LOADED = 10 * CLIENTS;
const POLL_MS = 5;
/** By then a request has been read. */
const ACCEPTED_MS = 300;
/** What a client meets when the server has closed: a request on such a connection was never accepted. */
const CLOSED = /ECONNREFUSED|ECONNRESET|EPIPE|socket hang up/;

/** Sends SIGTERM to the server, and waits for its exit code. */
async function terminate({ process: { pid, exited } }: NodeServer): Promise<unknown> {
  const startedAt = performance.now();
  process.kill(pid, "SIGTERM");
  const code = await exited;
  expect(performance.now() - startedAt).toBeLessThan(STOPS_WITHIN_MS);
  return code;
}

test("before it stops, the server tells the sums of what it served", async () => {
  const place = await nodeOnSqlite.place();
  const served = await place.start(OPEN);
  const client = createClient(served.url);
  const site = newSite();
  for (const id of ["visit-1234", "visit-1234", "visit-5678"]) await client.send("POST /visits", { body: { site, id } });
  await client.send("POST /visits", { body: "{" });
  client.close();
  await terminate(served);
  const sums = linesOf(served.output()).filter(({ message }) => message === "summary");
  expect(sums).toEqual([
    {
      severity: "INFO",
      message: "summary",
      seconds: expect.any(Number),
      requests: 4,
      counted: 2,
      duplicate: 1,
      "invalid-input": 1,
      batches: 3,
      batchVisits: 3,
      batchVisitsMax: 1,
      commitMs: expect.any(Number),
      commitMsMax: expect.any(Number),
    },
  ]);
  await place.remove();
});

/** SIGTERM under load. */
function shutdown(row: ServiceRow<NodeServer>): void {
  test("under 64 keep-alive connections answers every request that it counts, and exits with 0", async () => {
    const place = await row.place();
    const served = await place.start(OPEN);
    const site = newSite();
    const numbers: number[] = [];
    const failures: string[] = [];
    const clients = Array.from({ length: CLIENTS }, async () => {
      const client = createClient(served.url);
      try {
        for (;;) {
          const { status, text, json } = await client.send("POST /visits", { body: { site } });
          if (status !== 200) throw new Error(`${status} ${text}`);
          numbers.push(json().visits);
        }
      } catch (error) {
        failures.push(String(error));
      }
      client.close();
    });
    while (numbers.length < LOADED && failures.length === 0) await setTimeout(POLL_MS);
    expect(await terminate(served)).toBe(0);
    await Promise.all(clients);
    for (const failure of failures) expect(failure).toMatch(CLOSED);
    expect(numbers.length).toBeGreaterThanOrEqual(LOADED);
    expect(misnumbered(numbers)).toEqual([]);
    expect(failuresIn(served.output())).toEqual([]);

    const again = await place.start(OPEN);
    const client = createClient(again.url);
    expect((await client.send(`GET /visits?site=${site}`)).json()).toMatchObject({ siteVisits: numbers.length });
    client.close();
    await again.stop();
    await place.remove();
  });
}

describe("SIGTERM", () => {
  describe(nodeOnSqlite.name, () => shutdown(nodeOnSqlite));
  requires("emulator")(nodeOnDatastore.name, () => shutdown(nodeOnDatastore));

  test("answers also those who wait for a store that is down", async () => {
    const settings = { ...OPEN, DATASTORE_PROJECT_ID: "http-suite", DATASTORE_EMULATOR_HOST: `127.0.0.1:${await freePort()}` };
    const served = await startNodeServer(settings);
    const client = createClient(served.url);
    const visits = Array.from({ length: CLIENTS }, () =>
      client.send("POST /visits").then(
        ({ status }) => status,
        (error: Error) => error.message,
      ),
    );
    await setTimeout(ACCEPTED_MS);
    expect(await terminate(served)).toBe(0);
    expect(await Promise.all(visits)).toEqual(visits.map(() => 503));
    client.close();
  });

  test("ends a server with idle connections at once", async () => {
    const place = await nodeOnSqlite.place();
    const served = await place.start(OPEN);
    const client = createClient(served.url);
    await Promise.all(Array.from({ length: CLIENTS }, () => client.send("GET /v1/health")));
    const startedAt = performance.now();
    expect(await terminate(served)).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    client.close();
    await place.remove();
  });

  test("does not wait for a request that never comes to its end", async () => {
    const place = await nodeOnSqlite.place();
    const served = await place.start(OPEN);
    const { hostname, port } = new URL(served.url);
    const socket = connect(Number(port), hostname);
    // It is cut in the end, in whichever way.
    socket.on("error", () => {});
    await new Promise<void>((resolve) => {
      socket.write("POST /visits HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", () => resolve());
    });
    await setTimeout(ACCEPTED_MS);
    expect(await terminate(served)).toBe(0);
    socket.destroy();
    await place.remove();
  });
});
