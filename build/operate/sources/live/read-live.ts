import { ServiceError } from "../../service.ts";
import type { Answer, openReadings } from "./readings.ts";

/** A counter that is read page by page. */
export interface LiveCounter {
  /** Its public address, without a slash at its end. */
  readonly endpoint: string;
  /** The request that asks for a page. */
  request(endpoint: string, url: string): { readonly address: string; readonly headers?: Readonly<Record<string, string>> };
  /** What the answer says, or throws where it is none. */
  parse(text: string): Answer;
}

/** Pauses between requests: 60 a minute, where Vercount allows 80. One at a time, so that what is read together is of one moment. */
const PACE_MS = 1_000;
const TIMEOUT_MS = 15_000;
const MAX_ATTEMPTS = 5;
/** After a 429 without `Retry-After`: Vercount's window. */
const LIMIT_PAUSE_MS = 60_000;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 120_000;
/** Of services whose counters are not asked for by people: a browser's is not pretended. */
const USER_AGENT = "Footfall import (by the site's owner)";

/** What reading needs of its surroundings. */
export interface LiveDeps {
  readonly fetch: typeof fetch;
  readonly sleep: (ms: number) => Promise<unknown>;
  readonly note: (text: string) => void;
  readonly update: (done: number) => void;
}

/**
 * Asks a counter for each URL that has no answer yet. What it says is kept at once: whoever starts it again goes on. Throws
 * {@link ServiceError} where the counter does not answer.
 */
export async function readLive(
  counter: LiveCounter,
  endpoint: string,
  urls: readonly string[],
  readings: Awaited<ReturnType<typeof openReadings>>,
  deps: LiveDeps,
): Promise<void> {
  const missing = urls.filter((url) => !readings.answers.has(url));
  for (const [index, url] of missing.entries()) {
    if (index > 0) await deps.sleep(PACE_MS);
    await readings.answer(url, await readPage(url));
    deps.update(urls.length - missing.length + index + 1);
  }
  await readings.end();

  async function readPage(url: string): Promise<Answer | null> {
    for (let tried = 1; ; tried += 1) {
      await readings.ask(url);
      const outcome = await attempt(counter, endpoint, url, deps.fetch);
      if ("answer" in outcome) return outcome.answer;
      if (!outcome.maybeCounted) await readings.fail(url, outcome.why);
      if (tried === MAX_ATTEMPTS || outcome.final) {
        throw new ServiceError(`${endpoint} was asked for ${url} and ${outcome.why} (tried ${tried} times).`);
      }
      const pause = Math.min(outcome.pauseMs ?? FIRST_PAUSE_MS * 2 ** (tried - 1), LONGEST_PAUSE_MS);
      deps.note(`${url}: ${outcome.why}; asked again in ${pause / 1_000} s`);
      await deps.sleep(pause);
    }
  }
}

type Outcome =
  | { readonly answer: Answer | null }
  | { readonly why: string; readonly maybeCounted: boolean; readonly final?: boolean; readonly pauseMs?: number | undefined };

/** Nothing was sent where these happened. */
const NOT_SENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"];

async function attempt(counter: LiveCounter, endpoint: string, url: string, fetch: LiveDeps["fetch"]): Promise<Outcome> {
  const { address, headers } = counter.request(endpoint, url);
  let response: Response;
  let text: string;
  try {
    response = await fetch(address, { headers: { "User-Agent": USER_AGENT, ...headers }, signal: AbortSignal.timeout(TIMEOUT_MS) });
    text = await response.text();
  } catch (error) {
    const { message, cause } = error as Error;
    const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? "";
    return { why: `did not answer: ${code || message}`, maybeCounted: !NOT_SENT.includes(code) };
  }
  if (response.status === 404) return { answer: null };
  if (!response.ok) {
    const limited = response.status === 429;
    const asked = Number(response.headers.get("retry-after") ?? Number.NaN) * 1_000;
    return {
      why: `answered ${response.status}`,
      maybeCounted: false,
      final: response.status < 500 && !limited,
      pauseMs: asked >= 0 ? asked : limited ? LIMIT_PAUSE_MS : undefined,
    };
  }
  try {
    return { answer: counter.parse(text) };
  } catch {
    return { why: `answered what is no count: ${JSON.stringify(text.slice(0, 80))}`, maybeCounted: true };
  }
}
