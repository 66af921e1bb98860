/** Whether the suites run at full length (`npm run faults`) or at a small part of it (`npm test`). */
export const FULL = process.env["FAULTS"] === "full";

/** An amount of work: `part` in `npm test`, `full` at full length. */
export function size<T>(part: T, full: T): T {
  return FULL ? full : part;
}

/** How long a test may take at full length, in milliseconds. */
const FULL_TIMEOUT_MS = 1_200_000;
/** How long it may take in `npm test`. */
const PART_TIMEOUT_MS = 240_000;
/** The timeout of every test here. */
export const TIMEOUT = { timeout: size(PART_TIMEOUT_MS, FULL_TIMEOUT_MS) };
