import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createClient } from "../../support/http.ts";
import { linesOf } from "../../support/http-log.ts";
import type { ServiceRow } from "../rows.ts";
import { OPEN } from "./rig.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
/** How long a line may take from the service to us. */
const ARRIVES_MS = 5_000;

/** What the operator reads. */
export function logs(row: ServiceRow): void {
  describe("the log", () => {
    test("tells every request with LOG=all, a line of JSON each, without address, query or User-Agent", async () => {
      const place = await row.place();
      const served = await place.start({
        ...OPEN,
        LOG: "all",
        GOOGLE_CLOUD_PROJECT: "acme",
        DATASTORE_PROJECT_ID: "acme",
        STORE: row.store,
      });
      const client = createClient(served.url);
      const headers = {
        "User-Agent": "Spy/1.0",
        "X-Forwarded-For": "203.0.113.9",
        "CF-Connecting-IP": "203.0.113.9",
        traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
      };
      await client.send("POST /visits?q=private", { headers, body: { page: "/secret-page" } });
      await client.send("GET /nothing", { headers: { ...headers, "X-Request-Id": "my-request" } });
      const requests = () => linesOf(served.output()).filter(({ httpRequest }) => httpRequest !== undefined);
      for (const until = Date.now() + ARRIVES_MS; requests().length < 2 && Date.now() < until; ) await setTimeout(10);
      const trace = { "logging.googleapis.com/trace": `projects/acme/traces/${TRACE}` };
      const latency = expect.stringMatching(/^\d+\.\d+s$/);
      expect(requests()).toEqual([
        {
          severity: "INFO",
          message: "POST /visits 200",
          httpRequest: { requestMethod: "POST", requestUrl: "/visits", status: 200, latency },
          requestId: TRACE,
          ...trace,
        },
        {
          severity: "INFO",
          message: "GET /nothing 404",
          httpRequest: { requestMethod: "GET", requestUrl: "/nothing", status: 404, latency },
          requestId: "my-request",
          ...trace,
        },
      ]);
      expect(served.output()).not.toMatch(/203\.0\.113\.9|Spy|127\.0\.0\.1:\d+ |private|secret/);
      client.close();
      await served.stop();
      await place.remove();
    });
  });
}
