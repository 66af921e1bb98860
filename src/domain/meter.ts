/** The shortest time that one report covers. */
const PERIOD_MS = 60_000;

/** Sums up events and reports the sums about once a minute, while there are any. */
export interface Meter {
  /** Adds to a sum. */
  add(kind: string, amount?: number): void;
  /** Keeps the largest value of a kind. */
  peak(kind: string, value: number): void;
  /** Reports what there is now, such as before a shutdown. */
  flush(): void;
}

/**
 * Creates a meter. It reports sums and not means, so that those of several instances can be added.
 *
 * @param options.tell takes a report: `seconds`, which it covers, and a number a kind
 * @param options.now milliseconds since 1970
 */
export function createMeter({ now, tell }: { now: () => number; tell: (sums: object) => void }): Meter {
  let since = 0;
  let sums: Record<string, number> = {};

  function flush(): void {
    if (since) tell({ seconds: Math.round((now() - since) / 1_000), ...sums });
    since = 0;
    sums = {};
  }

  return {
    // No timer, as not every platform keeps one between requests: the first event after a period reports it.
    add(kind, amount = 1) {
      const time = now();
      if (time >= since + PERIOD_MS) flush();
      since ||= time;
      sums[kind] = (sums[kind] ?? 0) + amount;
    },
    peak(kind, value) {
      sums[kind] = Math.max(sums[kind] ?? 0, value);
    },
    flush,
  };
}
