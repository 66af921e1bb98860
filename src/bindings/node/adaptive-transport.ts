import { type Transport, TransportError } from "../../stores/datastore/transport.ts";

/**
 * An instance is busy when so many calls within a second began while as many others were under way, each on a connection of its own.
 * That is when gRPC pays, which has one connection for all: a single busy page, one commit after the other, costs less over REST.
 */
const BUSY_CALLS = 40;
const UNDER_WAY = 6;
const WINDOW_MS = 1_000;

/**
 * One transport from the first call on, and a faster one, which takes long to load, once the instance is busy. A call that the faster
 * one fails to bring to the server is tried on the first one next, so a batch never hangs on one connection. Switching is safe at any
 * moment, as every call is safe to repeat on either.
 *
 * @param options.load loads the faster transport and warms it up
 * @param options.onLoaded told how it went: the failure, or `null`
 */
export function createAdaptiveTransport(options: {
  first: Transport;
  load: () => Promise<Transport>;
  onLoaded: (error: unknown) => void;
  now: () => number;
}): Transport {
  const { first, load, onLoaded, now } = options;
  let faster: Transport | undefined;
  let loading: Promise<void> | undefined;
  let windowStart = 0;
  let calls = 0;
  let underWay = 0;
  let failed = false;

  /** Counts a call that has company, and begins to load where there are many of them. */
  function observe(): void {
    if (underWay < UNDER_WAY) return;
    const time = now();
    if (time - windowStart > WINDOW_MS) {
      windowStart = time;
      calls = 0;
    }
    calls += 1;
    if (calls < BUSY_CALLS || loading) return;
    loading = load().then(
      (transport) => {
        faster = transport;
        onLoaded(null);
      },
      (error: unknown) => onLoaded(error),
    );
  }

  return {
    async call(method, request, timeoutMs) {
      if (!faster || failed) {
        failed = false;
        observe();
        underWay += 1;
        return first.call(method, request, timeoutMs).finally(() => {
          underWay -= 1;
        });
      }
      try {
        return await faster.call(method, request, timeoutMs);
      } catch (error) {
        failed = error instanceof TransportError && (error.status === "DEADLINE_EXCEEDED" || error.status === "UNAVAILABLE");
        throw error;
      }
    },
    async close() {
      await loading;
      await Promise.all([first.close(), faster?.close()]);
    },
  };
}
