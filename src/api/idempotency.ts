import { parse } from "./parse.ts";
import type { Exchange } from "./exchange.ts";
import { id } from "./fields.ts";
import { InvalidInput, quote } from "../domain/invalid.ts";
import * as v from "valibot";

const HEADER = v.object({ "Idempotency-Key": id }, "a header");

/** The request's `Idempotency-Key`, bare or as the quoted string of the IETF's draft; `null` without one. */
export function idempotencyKey({ request }: Exchange): string | null {
  const header = request.headers.get("idempotency-key");
  if (header === null) return null;
  return parse(HEADER, { "Idempotency-Key": header.replace(/^"(.*)"$/, "$1") })["Idempotency-Key"];
}

/** The visit's id, from the header or from the request's field. */
export function visitId(exchange: Exchange, field: string | undefined): string | null {
  const key = idempotencyKey(exchange);
  if (key !== null && field !== undefined && key !== field) {
    throw new InvalidInput(`id is ${quote(field)} and Idempotency-Key is ${quote(key)}; allowed is one of them, or both the same.`);
  }
  return key ?? field ?? null;
}

/** A name for what an administrator asks: the same for the same parts, another one for any other. */
export async function nameOf(...parts: readonly (string | number | null)[]): Promise<string> {
  return hex(await sha256(new TextEncoder().encode(JSON.stringify(parts))));
}

/** SHA-256 (FIPS 180-4). */
export async function sha256(bytes: BufferSource): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** Bytes in hexadecimal. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
