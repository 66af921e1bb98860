import type { Exchange } from "./exchange.ts";
import { nameOf } from "./idempotency.ts";
import type { Operation } from "./operations.ts";
import { Problem } from "./problem.ts";

/** Lets a request pass that bears the API key, or needs none. */
export async function authorize({ request, shared }: Exchange, needs: NonNullable<Operation["key"]>): Promise<void> {
  const { adminKey, publicStats } = shared.config;
  if (needs === "stats" && publicStats) return;
  if (adminKey === null) {
    throw new Problem("administration-off", "X-API-Key is needed, and the service's ADMIN_KEY is not set.");
  }
  const given = request.headers.get("x-api-key");
  if (given !== null && (await same(given, adminKey))) return;
  const detail = `X-API-Key is ${given === null ? "missing" : "wrong"}; allowed is the service's ADMIN_KEY.`;
  throw new Problem("unauthorized", detail, { "WWW-Authenticate": 'ApiKey header="X-API-Key"' });
}

/** Compares digests, all of them: how long it takes says nothing about the key, nor about its length. */
async function same(given: string, expected: string): Promise<boolean> {
  const [one, other] = await Promise.all([nameOf(given), nameOf(expected)]);
  let difference = 0;
  for (let index = 0; index < one.length; index += 1) difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
  return difference === 0;
}
