import type { Exchange } from "./exchange.ts";
import { sha256 } from "./idempotency.ts";
import type { Operation } from "./operations.ts";
import { Problem } from "./problem.ts";

/** Lets a request pass that bears the API key, or needs none. */
export async function authorize({ request, shared }: Exchange, needs: NonNullable<Operation["key"]>): Promise<void> {
  const { adminKey, publicStats } = shared.config;
  if (needs === "stats" && publicStats) return;
  if (adminKey === null) {
    throw new Problem("administration-off", "This operation needs the API key, and the service has none: its ADMIN_KEY is not set.");
  }
  const given = request.headers.get("x-api-key");
  if (given !== null && (await same(given, adminKey))) return;
  const detail = `X-API-Key is ${given === null ? "missing" : "wrong"}; allowed is the service's ADMIN_KEY.`;
  throw new Problem("unauthorized", detail, { "WWW-Authenticate": 'ApiKey header="X-API-Key"' });
}

/** Compares digests, all of them: how long it takes says nothing about the key, nor about its length. */
async function same(given: string, expected: string): Promise<boolean> {
  const encoder = new TextEncoder();
  const [one, other] = await Promise.all([sha256(encoder.encode(given)), sha256(encoder.encode(expected))]);
  let difference = 0;
  for (const [index, byte] of one.entries()) difference |= byte ^ (other[index] ?? 0);
  return difference === 0;
}
