/** Numbers by field, as the service answers them. */
export interface Numbers {
  readonly [field: string]: unknown;
}

/** What the service answers: a counted page's numbers, or those of the pages that were read. */
export interface Answer extends Numbers {
  readonly pages?: readonly Numbers[];
}

/** The service knows an id for 24 hours; half of that is on the safe side. */
const GIVE_UP_MS = 12 * 3_600_000;

/** A day or so: what is longer begins anew, because a timer fires at once where its time overflows (24 days). */
const MAX_WAIT_MS = 100_000_000;

/** They take half a minute: a gateway's own 503, which no page may read, may pass. */
const MAX_UNREADABLE = 6;

/** The service reads so many pages at once, and servers take a URL of some 8,000 characters. */
const MAX_PAGES = 100;
const MAX_QUERY_LENGTH = 7_000;

/**
 * Asks the service until it answers: again after 1, 2, 4 … seconds, when it says, or when the connection is back.
 *
 * @param body sent by POST; without it the address is read
 * @returns the answer; `null` where what was asked is wrong (400); an empty one where the service refuses for another reason, nothing
 *   that can be read came back, nothing came for 12 hours, or the page has broken what this needs
 */
export const ask = async (url: string, body?: string): Promise<Answer | null> => {
  // Plain text needs no preflight; a request that is kept alive outlives the page.
  const send = (mode: RequestMode): Promise<Partial<Response>> =>
    window.fetch(url, { mode, keepalive: true, method: body && "POST", body } as RequestInit).catch((error) => error);
  try {
    const end = window.Date.now() + GIVE_UP_MS;
    let unreadable = 0;
    let weight: number | undefined;
    for (let seconds = 1; window.Date.now() < end && unreadable < MAX_UNREADABLE; seconds += seconds) {
      const response = await send("cors");
      const { status = 0 } = response;
      // 429 and 503 say when to come again, in text that compares as a number; any other 4xx is the last word.
      const after = response.headers?.get("Retry-After") as unknown as number;
      if (!after && status < 500) {
        if (status >= 400) return status === 400 ? null : {};
        const answer: Answer | null = await response.json?.().catch(() => null);
        if (answer) return answer;
        // Lost, or an answer that this page may not read? The same request tells, unread, and is safe to send again.
        unreadable += weight ??= status || (await send("no-cors")).type ? 1 : 0;
        if (unreadable === 2) window.console.warn(`Footfall: no answer: ${url}`);
      }
      await new window.Promise((resolve) => {
        window.setTimeout(resolve, (1_000 * (after > seconds ? after : seconds)) % MAX_WAIT_MS);
        window.addEventListener("online", resolve);
      });
    }
  } catch {
    // The page has a `fetch` of its own, say.
  }
  return {};
};

/** Reads pages without counting them; `null` also where they are too many for one request. */
export const readPages = (url: string, site: string, pages: readonly string[]): Promise<Answer | null> | null => {
  const query = [site, ...pages].map(window.encodeURIComponent).join("&page=");
  return pages.length > MAX_PAGES || query.length > MAX_QUERY_LENGTH ? null : ask(`${url}?site=${query}`);
};
