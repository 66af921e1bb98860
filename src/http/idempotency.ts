import type { Context } from "hono";
import { sha256 } from "hono/utils/crypto";
import { InvalidInput, quote } from "../domain/invalid.ts";
import { id } from "./fields.ts";
import { check } from "./validate.ts";

/** The request's `Idempotency-Key`, bare or as the quoted string of the IETF's draft; `null` without one. */
export function idempotencyKey(c: Context): string | null {
  const header = c.req.header("Idempotency-Key");
  return header === undefined ? null : check(id, header.replace(/^"(.*)"$/, "$1"), "Idempotency-Key");
}

/** The visit's id: from the header, or from the request's field. */
export function visitId(c: Context, field: string | undefined): string | null {
  const key = idempotencyKey(c);
  if (key !== null && field !== undefined && key !== field) {
    throw new InvalidInput(`id is ${quote(field)} and Idempotency-Key is ${quote(key)}; allowed is one of them, or both the same.`);
  }
  return key ?? field ?? null;
}

/** SHA-256 of the parts, in hexadecimal: the same for the same parts, another for any others. */
export async function sha256Hex(...parts: readonly (string | number | null)[]): Promise<string> {
  const hash = await sha256(JSON.stringify(parts));
  if (hash === null) throw new TypeError("this runtime has no SHA-256");
  return hash;
}
