import { InvalidInput, quote } from "../domain/invalid.ts";
import type { Exchange } from "./exchange.ts";
import { id } from "./fields.ts";
import { check } from "./schema.ts";

/** The request's `Idempotency-Key`, bare or as the quoted string of the IETF's draft; `null` without one. */
export function idempotencyKey({ request }: Exchange): string | null {
  const header = request.headers.get("idempotency-key");
  return header === null ? null : check(id, header.replace(/^"(.*)"$/, "$1"), "Idempotency-Key");
}

/** The visit's id, from the header or from the request's field. */
export function visitId(exchange: Exchange, field: string | undefined): string | null {
  const key = idempotencyKey(exchange);
  if (key !== null && field !== undefined && key !== field) {
    throw new InvalidInput(`id is ${quote(field)} and Idempotency-Key is ${quote(key)}; allowed is one of them, or both the same.`);
  }
  return key ?? field ?? null;
}

/** A name for its parts (SHA-256, in hexadecimal): the same for the same ones, another one for any other. */
export async function nameOf(...parts: readonly (string | number | null)[]): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(parts)));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
