import type { Sharding } from "../../src/stores/datastore/sharding.ts";

/** Opens a site's shards, writes to any of them and closes them at random: every guess that an instance could make, and far more often. */
export function createRestlessSharding(random: () => number): Sharding {
  const most = 4;
  let open = 1;
  return {
    most,
    plan() {
      const shard = random() < 0.7 ? Math.floor(random() * Math.min(open, most)) : 0;
      return { shard, opens: shard === 0 && random() < 0.05 };
    },
    pauseMs: () => (random() < 0.1 ? 50 : 0),
    committed(_, __, seen) {
      if (seen) open = seen.open;
    },
    waits(_, __, seen) {
      open = seen.open;
    },
    closed() {
      open = 1;
    },
    isQuiet: () => random() < 0.15,
  };
}
