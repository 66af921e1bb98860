import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { nodeOnSqlite } from "../http/rows.ts";
import { OPEN } from "../http/service/rig.ts";
import { createClient, newSite } from "../support/http.ts";
import { progress, report } from "./findings.ts";
import { memoryOf } from "./memory.ts";
import { FULL, size, TIMEOUT } from "./size.ts";

/** Connections that ask for so many answers each, and read none. */
const CONNECTIONS = size(20, 100);
const REQUESTS = 1_400;
const MOST_MB = 300;
const AFTER_MB = 150;
const AFTER_MS = size(0, 30_000);
const SAMPLE_MS = 50;

test(
  `${CONNECTIONS} connections that ask for ${REQUESTS} answers each and read none take little memory, and not for long`,
  TIMEOUT,
  async () => {
    const place = await nodeOnSqlite.place();
    const served = await place.start(OPEN);
    const client = createClient(served.url);
    const { hostname, port } = new URL(served.url);
    const site = newSite();
    const visit = async () => (await client.send("POST /v1/visits", { body: { site } })).status;
    expect(await visit()).toBe(200);
    let mostMb = 0;
    const sampling = setInterval(() => {
      mostMb = Math.max(mostMb, memoryOf(served.process.pid));
    }, SAMPLE_MS);
    const text = "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(REQUESTS);
    const sockets = Array.from({ length: CONNECTIONS }, () => {
      const socket = connect(Number(port), hostname).pause();
      // It is closed in the end, in whichever way.
      socket.on("error", () => {}).write(text);
      return socket;
    });
    expect(await visit()).toBe(200);
    let backMs = 0;
    for (const began = performance.now(); FULL && (backMs === 0 || memoryOf(served.process.pid) >= AFTER_MB); ) {
      backMs = performance.now() - began;
      progress("connections", backMs, 2 * AFTER_MS);
      if (backMs > 2 * AFTER_MS) break;
      await sleep(SAMPLE_MS);
    }
    if (!FULL) await sleep(2_000);
    clearInterval(sampling);
    const answered = (await visit()) === 200;
    for (const socket of sockets) socket.destroy();
    client.close();
    await served.stop();
    await place.remove();
    const goal = `at most ${MOST_MB} MB, below ${AFTER_MB} MB within ${AFTER_MS / 1_000} s, visits counted meanwhile`;
    const holds = answered && mostMb <= MOST_MB && backMs <= AFTER_MS;
    const figures = `at most ${Math.round(mostMb)} MB, below ${AFTER_MB} MB after ${(backMs / 1_000).toFixed(1)} s`;
    report({ scenario: "Asking and never reading", sent: CONNECTIONS * REQUESTS, answered: 0, counted: 3, goal, holds, figures });
    expect(answered).toBe(true);
    expect(mostMb).toBeLessThanOrEqual(MOST_MB);
    if (FULL) expect(backMs).toBeLessThanOrEqual(AFTER_MS);
  },
);
