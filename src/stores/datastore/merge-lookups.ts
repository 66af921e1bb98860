import { timeLeft } from "../../domain/in-time.ts";
import { keyName, LOOKUP_KEYS } from "./lookup.ts";
import type { Key, Requests, Responses, Transport } from "./transport.ts";

/** The next lookup, with the keys of all callers that wait for it. */
interface Merged {
  /** By name, so that each is asked for once. */
  readonly keys: Map<string, Key>;
  readonly answer: Promise<Responses["lookup"]>;
}

/**
 * Sends one plain lookup at a time; lookups that come meanwhile are merged into the next, as a call costs far more than a key. A flood of
 * invented pages asks for a key each. Lookups with options (in a transaction, or of some properties) are passed on as they are.
 *
 * @param now milliseconds since 1970
 */
export function mergeLookups({ call, close }: Transport, now: () => number): Transport {
  let next: Merged | undefined;
  let last: Promise<unknown> = Promise.resolve();

  function open(timeoutMs: number): Merged {
    const keys = new Map<string, Key>();
    const left = timeLeft(now() + timeoutMs, now);
    const answer = last.then(() => {
      if (next?.keys === keys) next = undefined;
      return call("lookup", { keys: [...keys.values()] }, Math.max(1, left()));
    });
    last = answer.catch(() => {});
    return { keys, answer };
  }

  async function lookup({ keys }: Requests["lookup"], timeoutMs: number): Promise<Responses["lookup"]> {
    if (!next || next.keys.size + keys.length > LOOKUP_KEYS) next = open(timeoutMs);
    const wanted = new Map(keys.map((key) => [keyName(key), key]));
    for (const [name, key] of wanted) next.keys.set(name, key);
    const { found = [], deferred = [] } = await next.answer;
    return {
      found: found.filter(({ entity }) => wanted.has(keyName(entity.key))),
      deferred: deferred.filter((key) => wanted.has(keyName(key))),
    };
  }

  return {
    call(method, request, timeoutMs) {
      const isPlain = method === "lookup" && Object.keys(request).length === 1;
      return isPlain
        ? (lookup(request as Requests["lookup"], timeoutMs) as Promise<Responses[typeof method]>)
        : call(method, request, timeoutMs);
    },
    close,
  };
}
