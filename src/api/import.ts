import { InvalidInput } from "../domain/invalid.ts";
import { ID_LIFETIME_MS } from "../domain/recorder.ts";
import { readText } from "./body.ts";
import { WRITE_DEADLINE_MS } from "./correct.ts";
import type { Exchange } from "./exchange.ts";
import { idempotencyKey, nameOf } from "./idempotency.ts";
import { cutIntoBatches, parseLines } from "./lines.ts";
import type { Query } from "./operations.ts";
import { Problem } from "./problem.ts";
import { siteToRead } from "./site.ts";

/** The longest import, in bytes. */
export const MAX_IMPORT_BYTES = 4 * 1_024 * 1_024;

/**
 * Adds the lines to what is there. Each write is named by the request's key and its place, so that an import which was
 * interrupted goes on where it was when it is sent again.
 */
export async function importVisits(exchange: Exchange, query: Query<"importVisits">): Promise<Response> {
  const { store, now } = exchange.shared;
  const site = siteToRead(exchange, query.site);
  const key = idempotencyKey(exchange);
  if (key === null) throw new InvalidInput("Idempotency-Key is missing; it is required.");
  const body = await readText(exchange, MAX_IMPORT_BYTES);
  const lines = parseLines(body, site);
  const digest = await nameOf("body", body);
  for (const [index, additions] of cutIntoBatches(lines).entries()) {
    const id = await nameOf("import", site, key, index);
    const time = now();
    const outcome = await store.add({ id, digest, site, additions, expireAt: time + ID_LIFETIME_MS }, time + WRITE_DEADLINE_MS);
    if (outcome === "conflict") {
      throw new Problem("id-reused", "Idempotency-Key came with another body; allowed is an id of this import's own.");
    }
  }
  return exchange.json({ lines: lines.length, visits: lines.reduce((sum, line) => sum + line.visits, 0) }, "no-store");
}
