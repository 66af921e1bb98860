import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { nodeOnDatastore, nodeOnSqlite, type ServiceRow } from "../http/rows.ts";
import { OPEN } from "../http/service/rig.ts";
import type { NodeServer } from "../support/artefacts.ts";
import { createClient, newSite } from "../support/http.ts";
import { requires } from "../support/skip.ts";
import { report } from "./findings.ts";
import { FULL, size, TIMEOUT } from "./size.ts";

const PAGES = size(400, 1_500);
const MOST_MS = 9_000;
const MOST_CPU_MS = 2_000;
/** `utime` and `stime` of /proc/PID/stat, in hundredths of a second. */
const TICK_MS = 10;

function cpuOf(pid: number): number {
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const [user, system] = fields.split(" ").slice(11, 13);
  return (Number(user) + Number(system)) * TICK_MS;
}

/** An id that has counted one page is sent for many others at once. */
function oneId(row: ServiceRow<NodeServer>): void {
  test(`${PAGES} pages that all come with one used id are refused by one look-up`, TIMEOUT, async () => {
    const place = await row.place();
    const served = await place.start(OPEN);
    const client = createClient(served.url, PAGES + 1);
    const site = newSite();
    const id = randomUUID();
    const count = (page: string) => client.send("POST /v1/visits", { body: { site, page, id } });
    expect((await count("/own")).json()).toMatchObject({ counted: true });
    const cpuBefore = cpuOf(served.process.pid);
    const startedAt = performance.now();
    const others = Array.from({ length: PAGES }, (_, index) => count(`/other-${index}`));
    const own = Array.from({ length: 10 }, () => count("/own"));
    const statuses = (await Promise.all(others)).map(({ status }) => status);
    const answers = (await Promise.all(own)).map((answer) => answer.json());
    const ms = performance.now() - startedAt;
    const cpu = cpuOf(served.process.pid) - cpuBefore;
    const { siteVisits } = (await client.send(`GET /v1/visits?site=${site}`)).json();
    client.close();
    await served.stop();
    await place.remove();
    const figures = `${Math.round(ms)} ms, ${cpu} ms of CPU`;
    const goal = `all within ${MOST_MS} ms and ${MOST_CPU_MS} ms of CPU`;
    const holds = ms <= MOST_MS && cpu <= MOST_CPU_MS && siteVisits === 1;
    report({
      scenario: `One id on ${PAGES} pages, ${row.store}`,
      sent: PAGES + 11,
      answered: 1,
      counted: siteVisits,
      goal,
      holds,
      figures,
    });
    expect(statuses).toEqual(others.map(() => 422));
    expect(answers.map(({ reason }) => reason)).toEqual(own.map(() => "duplicate"));
    expect(siteVisits).toBe(1);
    expect(ms, figures).toBeLessThanOrEqual(MOST_MS);
    // A busy machine makes more of the same work.
    expect(cpu, figures).toBeLessThanOrEqual(FULL ? MOST_CPU_MS : 2 * MOST_CPU_MS);
  });
}

describe(nodeOnSqlite.name, () => oneId(nodeOnSqlite));
requires("emulator")(nodeOnDatastore.name, () => oneId(nodeOnDatastore));
