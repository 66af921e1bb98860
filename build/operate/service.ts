import { setTimeout as sleep } from "node:timers/promises";

/** A service that cannot be reached, or refuses; the message is for its operator. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
}

/** Asks a running service, and asks again where it, or a gateway before it, says "later". */
export interface Service {
  /**
   * A whole answer of 200 to 299 in the media type `type` (JSON), else {@link ServiceError}. Sent several times if need be, so it must be
   * safe to repeat.
   */
  request(path: string, init?: RequestInit & { timeoutMs?: number; type?: string }): Promise<Response>;
}

/** Busy, or not there just now; the gateway's 504 says that its own patience ended, not the service's work. */
const LATER = [429, 502, 503, 504];
const MAX_ATTEMPTS = 10;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const TIMEOUT_MS = 60_000;

/**
 * @param options.url without a slash at its end
 * @param options.key sent as `X-API-Key`
 * @param options.onRetry told why a request is sent again, and after how many milliseconds
 */
export function connectTo(options: { url: string; key?: string; onRetry?: (why: string, pauseMs: number) => void }): Service {
  const { url, key, onRetry } = options;

  async function attempt(path: string, init: RequestInit, timeoutMs: number): Promise<Response | { why: string }> {
    const headers = new Headers(init.headers);
    if (key !== undefined) headers.set("X-API-Key", key);
    try {
      const answer = await fetch(`${url}${path}`, { ...init, headers, redirect: "manual", signal: AbortSignal.timeout(timeoutMs) });
      // Read whole: an answer that breaks off is no answer, and is asked for again.
      const body = await answer.arrayBuffer();
      return new Response(body.byteLength > 0 ? body : null, answer);
    } catch (error) {
      return { why: reasonOf(error) };
    }
  }

  return {
    async request(path, { timeoutMs = TIMEOUT_MS, type = "application/json", ...init } = {}) {
      const name = `${init.method ?? "GET"} ${url}${path}`;
      for (let tried = 1; ; tried += 1) {
        const answer = await attempt(path, init, timeoutMs);
        if (answer instanceof Response && answer.ok) {
          const found = answer.headers.get("content-type")?.split(";", 1)[0]?.trim();
          if (found === type) return answer;
          // Another website answers any path with a page of its own.
          throw new ServiceError(`${name} answered ${found ?? "no content type"}; allowed is ${type}: is ${url} the service's address?`);
        }
        const later = !(answer instanceof Response) || LATER.includes(answer.status);
        const why = answer instanceof Response ? `answered ${answer.status}: ${await explain(answer)}` : `failed: ${answer.why}`;
        if (!later) throw new ServiceError(`${name} ${why}`);
        if (tried === MAX_ATTEMPTS) throw new ServiceError(`${name} ${why} (tried ${tried} times)`);
        const pause = pauseAfter(tried, answer instanceof Response ? answer.headers.get("retry-after") : null);
        onRetry?.(why, pause);
        await sleep(pause);
      }
    },
  };
}

/** The site of requests that name none. */
export async function defaultSite(service: Service): Promise<string> {
  const answer = await service.request("/v1/visits");
  return ((await answer.json()) as { site: string }).site;
}

/** What the service asks for, else twice as long each time. */
function pauseAfter(tried: number, retryAfter: string | null): number {
  const asked = Number(retryAfter ?? Number.NaN) * 1_000;
  return Math.min(asked >= 0 ? asked : FIRST_PAUSE_MS * 2 ** (tried - 1), LONGEST_PAUSE_MS);
}

/** What an answer says went wrong: the service's own `detail`, or the gateway's `message`. */
async function explain(response: Response): Promise<string> {
  const location = response.headers.get("location");
  if (location !== null) return `it leads to ${location}; give the address that answers itself.`;
  const text = await response.text().catch(reasonOf);
  try {
    const { detail, message } = JSON.parse(text) as { detail?: unknown; message?: unknown };
    return String(detail ?? message ?? text);
  } catch {
    return text.slice(0, 300) || response.statusText;
  }
}

/** Why `fetch` failed: its own message only says that it did. */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code || message : message;
}
