import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { fromClients, newSite } from "../../support/http.ts";
import type { Rig } from "./rig.ts";

const VISITS = 1_000;
const LEAVERS = 150;
/** Far less than a visit may wait for a leader that has gone. */
const UNDISTURBED_MS = 5_000;

/** Sends bytes of a request, and hangs up after a while: with a FIN, or with a reset. */
async function leave(url: string, bytes: string, afterMs: number, rudely: boolean): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const closed = new Promise<void>((resolve) => {
    // Whatever becomes of this connection, it is one that goes.
    socket.on("error", () => {}).once("close", () => resolve());
  });
  await new Promise<void>((resolve) => {
    socket.write(bytes, () => resolve());
  });
  await setTimeout(afterMs);
  if (rudely) socket.resetAndDestroy();
  else socket.destroy();
  await closed;
}

/** Clients that hang up in the middle of a request. */
export function disconnects(rig: () => Rig): void {
  describe("clients that hang up", () => {
    test("disturb nobody: every other visit is counted, soon, and the service goes on", async () => {
      const { open, served } = rig();
      const site = newSite();
      const body = JSON.stringify({ page: "/a", site });
      const head = `POST /visits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
      const whole = head + body;
      // In the middle of the head, of the body, and while the answer is on its way.
      const parts = [whole.slice(0, 30), whole.slice(0, head.length + 5), whole, whole, whole];
      const numbers: number[] = [];
      let slowest = 0;
      const others = fromClients(VISITS, async (index) => {
        const startedAt = performance.now();
        const answer = await open.send("POST /visits", { body: { page: "/a", site } });
        slowest = Math.max(slowest, performance.now() - startedAt);
        if (answer.status !== 200) throw new Error(`visit ${index} was answered ${answer.status} ${answer.text}`);
        numbers.push(answer.json().visits);
      });
      const leaving = (async () => {
        for (let index = 0; index < LEAVERS; index += 1) {
          await leave(served.open.url, parts[index % parts.length] ?? whole, index % 4, index % 2 === 0);
        }
      })();
      await Promise.all([others, leaving]);
      expect(slowest).toBeLessThan(UNDISTURBED_MS);
      expect(new Set(numbers).size).toBe(VISITS);

      const { visits } = (await open.send("POST /visits", { body: { page: "/a", site } })).json();
      expect(Math.max(...numbers)).toBeLessThan(visits);
      const totals = (await open.send(`GET /visits?site=${site}&page=/a`)).json();
      expect(totals.siteVisits).toBe(totals.pages[0].visits);
      // Some visits of those who hung up may be on their way still.
      expect(totals.siteVisits).toBeGreaterThanOrEqual(visits);
      // Those who hung up before their request was whole do not count.
      expect(totals.siteVisits).toBeLessThanOrEqual(VISITS + 1 + (LEAVERS * 3) / 5);
    });

    test("a visit whose sender hung up before the answer counts once when it is sent again", async () => {
      const { open, served } = rig();
      const site = newSite();
      const ids = Array.from({ length: 40 }, (_, index) => `hung-up-${index}-${site.slice(0, 8)}`);
      await Promise.all(
        ids.map((id, index) => {
          const body = JSON.stringify({ site, id });
          const head = `POST /visits HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`;
          return leave(served.open.url, head + body, index % 5, index % 2 === 0);
        }),
      );
      const answers = await Promise.all(ids.map((id) => open.send("POST /visits", { body: { site, id } })));
      expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200));
      expect((await open.send(`GET /visits?site=${site}`)).json()).toMatchObject({ siteVisits: ids.length });
    });
  });
}
