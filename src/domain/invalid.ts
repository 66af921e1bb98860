/** Input that does not fit the contract; `message` names the field, what it was and what is allowed. */
export class InvalidInput extends Error {}

/** The longest part of a refused value that is quoted back, in characters. */
const QUOTED = 64;

/** Throws {@link InvalidInput} for a field. */
export function invalid(field: string, value: unknown, allowed: string): never {
  throw new InvalidInput(`${field} is ${quote(value)}; allowed is ${allowed}.`);
}

/** A value as JSON, shortened, so that a message stays one line and well formed. */
export function quote(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  const short = text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
  return typeof value === "string" ? JSON.stringify(short.toWellFormed()) : short.toWellFormed();
}
