import { type Transport, TransportError } from "../../stores/datastore/transport.ts";

/** An instance is busy when it made this many calls within a second. */
const BUSY_CALLS = 40;
const WINDOW_MS = 1_000;
/** Where the faster one could not be loaded, an instance that is still busy tries again after this long. */
const RELOAD_AFTER_MS = 30_000;

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
  let failed = false;

  /** Counts a call, and begins to load at the first one of a busy second. */
  function observe(): void {
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
      (error: unknown) => {
        onLoaded(error);
        setTimeout(() => {
          loading = undefined;
        }, RELOAD_AFTER_MS).unref();
      },
    );
  }

  return {
    async call(method, request, timeoutMs) {
      observe();
      if (!faster || failed) {
        failed = false;
        return first.call(method, request, timeoutMs);
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
