import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";

/** What @hono/node-server gives each request. */
export type Env = { Bindings: HttpBindings };

/** A refusal of the gateway itself, in its own words. */
export interface Refusal {
  readonly code: 400 | 401 | 404 | 405 | 429 | 503 | 504;
  readonly message: string;
}

/** Answers a refusal as ESPv2 does: its own JSON, and no CORS headers. */
export function refuse(c: Context, refusal: Refusal): Response {
  return c.json(refusal, refusal.code);
}
