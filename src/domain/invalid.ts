/** Input that breaks the contract. The message names the field, its value and what is allowed. */
export class InvalidInput extends Error {}

/** How much of an invalid value a message quotes, in characters. */
const QUOTED = 64;

/** Throws {@link InvalidInput} for a field; `allowed` completes the sentence "allowed is …". */
export function invalid(field: string, value: unknown, allowed: string): never {
  throw new InvalidInput(`${field} is ${quote(value)}; allowed is ${allowed}.`);
}

/** A value as JSON, shortened: one line of well-formed Unicode. */
export function quote(value: unknown): string {
  // What stands behind as many parts is not shown: a value that is nested thousands deep would overflow the stack.
  let parts = 0;
  const shown = (_: string, part: unknown) => (parts++ > QUOTED ? undefined : part);
  // As JSON a number may be null: 1e400 is read as Infinity.
  const text = typeof value === "object" ? JSON.stringify(value, shown) : String(value);
  const short = text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
  return typeof value === "string" ? JSON.stringify(short.toWellFormed()) : short.toWellFormed();
}
