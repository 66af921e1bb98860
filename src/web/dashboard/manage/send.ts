import { ApiError, type RequestParts, request } from "../data/api.ts";

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

/** Whether a request may have been done although no answer says so. */
export function isLost(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 0 || error.status === 429 || error.status >= 500;
}

/**
 * Sends a change until an answer comes. Every attempt bears the same Idempotency-Key, so that it is done once. Throws the last
 * {@link ApiError}: {@link isLost} tells whether it may have been done.
 *
 * @param key of this very change; who sends it again later gives the same one
 * @param onAttempt is told which attempt begins, from 1
 */
export async function send(
  path: string,
  key: string,
  parts: RequestParts,
  onAttempt: (attempt: number) => void = () => {},
): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    onAttempt(attempt);
    try {
      return await request(path, { ...parts, headers: { ...parts.headers, "Idempotency-Key": key } });
    } catch (error) {
      if (!isLost(error) || attempt === ATTEMPTS) throw error;
      const told = error instanceof ApiError ? error.retryAfterMs : null;
      await new Promise((resolve) => setTimeout(resolve, Math.min(told ?? FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS)));
    }
  }
}
