/** How much time a line sums up, at least. */
const PERIOD_MS = 60_000;

/** Sums up what happens, and tells it about once a minute while anything does. */
export interface Meter {
  /** Some more of a kind. */
  add(kind: string, amount?: number): void;
  /** One more value of a kind of which the largest one is told. */
  peak(kind: string, value: number): void;
  /** Tells what there is to tell, before its time. */
  flush(): void;
}

/** @param tell takes the numbers by kind, and the seconds that they are of. They are sums, not means, so that those of many instances add up. */
export function createMeter({ now, tell }: { now: () => number; tell: (sums: object) => void }): Meter {
  let since = 0;
  let sums: Record<string, number> = {};

  function flush(): void {
    if (since) tell({ seconds: Math.round((now() - since) / 1_000), ...sums });
    since = 0;
    sums = {};
  }

  return {
    // In place of a timer, which not every platform has: what happens first after a period tells its sums.
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
