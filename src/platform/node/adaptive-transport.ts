import { type Transport, TransportError } from "../../stores/datastore/transport.ts";

/** So many calls within a second make an instance busy. */
const BUSY_CALLS = 40;
const WINDOW_MS = 1_000;
/** Where loading the faster transport failed, try again after this pause. */
const RELOAD_AFTER_MS = 30_000;

/**
 * Uses `first` until the instance is busy, then a faster transport that takes long to load. After a call that the faster one could not
 * deliver, the next call goes to `first`, so that a batch's attempts do not all hang on one connection. Switching is safe at any moment:
 * every call may be repeated on either.
 *
 * @param options.load loads the faster transport and warms it up
 * @param options.onLoaded called with `null` once it is loaded, or with the error
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
  let callsInWindow = 0;
  let skipFasterOnce = false;

  function countCall(): void {
    const time = now();
    if (time - windowStart > WINDOW_MS) {
      windowStart = time;
      callsInWindow = 0;
    }
    callsInWindow += 1;
  }

  async function loadFaster(): Promise<void> {
    try {
      faster = await load();
      onLoaded(null);
    } catch (error) {
      onLoaded(error);
      setTimeout(() => {
        loading = undefined;
      }, RELOAD_AFTER_MS).unref();
    }
  }

  return {
    async call(method, request, timeoutMs) {
      countCall();
      if (callsInWindow >= BUSY_CALLS) loading ??= loadFaster();
      if (!faster || skipFasterOnce) {
        skipFasterOnce = false;
        return first.call(method, request, timeoutMs);
      }
      try {
        return await faster.call(method, request, timeoutMs);
      } catch (error) {
        skipFasterOnce = error instanceof TransportError && (error.status === "DEADLINE_EXCEEDED" || error.status === "UNAVAILABLE");
        throw error;
      }
    },
    async close() {
      await loading;
      await Promise.all([first.close(), faster?.close()]);
    },
  };
}
