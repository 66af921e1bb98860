import { LOOKUP_KEYS, nameOf } from "../../stores/datastore/snapshot.ts";
import type { Key, Requests, Responses, Transport } from "../../stores/datastore/transport.ts";
import { uptimeMs } from "./uptime.ts";

/** A look-up that waits for the one before, with the keys of all who asked meanwhile. */
interface Merged {
  /** By name: each is asked for once. */
  readonly keys: Map<string, Key>;
  readonly answer: Promise<Responses["lookup"]>;
}

/**
 * A transport with one plain look-up on its way at a time: those that come meanwhile are one call, as a call costs far more than a key. A
 * flood of invented pages asks for a key each. Look-ups in a transaction, or of a part, go on their own.
 */
export function mergeLookups({ call, close }: Transport): Transport {
  let waiting: Merged | undefined;
  let last: Promise<unknown> = Promise.resolve();

  function open(timeoutMs: number): Merged {
    const keys = new Map<string, Key>();
    const begun = uptimeMs();
    const answer = last.then(() => {
      if (waiting?.keys === keys) waiting = undefined;
      return call("lookup", { keys: [...keys.values()] }, Math.max(1, timeoutMs - (uptimeMs() - begun)));
    });
    last = answer.catch(() => {});
    return { keys, answer };
  }

  async function lookup({ keys }: Requests["lookup"], timeoutMs: number): Promise<Responses["lookup"]> {
    if (!waiting || waiting.keys.size + keys.length > LOOKUP_KEYS) waiting = open(timeoutMs);
    const wanted = new Map(keys.map((key) => [nameOf(key), key]));
    for (const [name, key] of wanted) waiting.keys.set(name, key);
    const { found = [], deferred = [] } = await waiting.answer;
    return {
      found: found.filter(({ entity }) => wanted.has(nameOf(entity.key))),
      deferred: deferred.filter((key) => wanted.has(nameOf(key))),
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
