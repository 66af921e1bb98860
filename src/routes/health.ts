import { Hono } from "hono/tiny";
import { inTime } from "../domain/in-time.ts";
import type { Env } from "../http/env.ts";
import { readableByAll } from "../http/headers.ts";
import { Problem } from "../http/problem.ts";
import type { RouteDeps } from "./deps.ts";
import { object, type RouteDocs } from "./docs.ts";

/** The store is asked no more often than this. */
const FRESH_MS = 2_000;
/** A store that takes longer does not answer. */
const TIMEOUT_MS = 2_000;

/** Tells whether the store answers. */
export function health({ store, version, now }: RouteDeps): Hono<Env> {
  let asked = Promise.resolve();
  let askedAt = 0;

  return new Hono<Env>().get("/", readableByAll, async (c) => {
    // Also where the clock was set back.
    if (Math.abs(now() - askedAt) >= FRESH_MS) {
      askedAt = now();
      asked = store.ping();
    }
    const answer = asked.then(
      () => true,
      () => false,
    );
    // Each request has its own time-out: the one that asked may have been cancelled.
    if (await inTime(answer, TIMEOUT_MS, () => false)) {
      return c.json({ status: "ok", store: store.name, version }, 200, { "Cache-Control": "no-cache" });
    }
    throw new Problem("unavailable", `The store (${store.name}) does not answer; ask again later.`);
  });
}

/** For openapi.json; no bundle has it. */
export function healthDocs(): RouteDocs {
  return {
    "GET /v1/health": {
      operationId: "checkHealth",
      group: "Read",
      summary: "Ask whether the service can count",
      answer: object({ status: { const: "ok" }, store: { enum: ["datastore", "sqlite"] }, version: { type: "string" } }),
      problems: [],
    },
  };
}
