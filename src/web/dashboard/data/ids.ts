const BYTES = 16;

/** A text that nobody can guess. `crypto.randomUUID` is not there over plain HTTP. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(BYTES)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
