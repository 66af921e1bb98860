import { createRecent } from "../../domain/recent.ts";

/** Entities per counter: always so many, or several only while instances wait for each other. */
export type Shards = number | "auto";

/** Shards of a site where instances wait for each other: 100 of them then commit within some 200 ms. */
const AUTO_SHARDS = 10;
/** A commit to entities that others write as well is too slow above this; alone it takes 20 to 100 ms. */
const SLOW_MS = 500;
/** The more instances wait, the longer each of them does: so a few of them open the shards, and not all. */
const OPENERS_MS = 200;
/** How long a site is watched before its shards are closed. */
const WATCH_MS = 60_000;
/** What the latest commit weighs in the mean. */
const WEIGHT = 0.1;
/** Sites that are remembered, at least. */
const KNOWN_SITES = 1_000;

/** Where a commit writes. */
export interface Plan {
  readonly shard: number;
  /** The commit, which is to the first shard, opens all. */
  readonly opens: boolean;
}

/** What a commit to a site's first shard saw: how many shards are open now, the shard's count, and how many visits of it are its own. */
interface Seen {
  readonly open: number;
  readonly count: number;
  readonly visits: number;
}

/** Decides which shards an instance writes to. It only ever guesses: a wrong guess costs time, never a count. */
export interface Sharding {
  /** Shards that are opened; 1: there are never others. */
  readonly most: number;
  plan(site: string): Plan;
  /** A commit stands, which took so many milliseconds with its retries; `seen` where it was to the first shard. */
  committed(site: string, ms: number, seen: Seen | null): void;
  /** A commit to the first shard does not stand after so many milliseconds; `seen` is what the shard says now. */
  waits(site: string, ms: number, seen: Seen): void;
  /** The instance's shard is closed, or all are. */
  closed(site: string): void;
  /** Whether one shard would do by now, as far as the site's shards tell. */
  isQuiet(site: string, visitsByShard: ReadonlyMap<number, number>): boolean;
}

interface Site {
  /** Of the open shards the instance's own: from 0 to 1. */
  readonly place: number;
  readonly open: number;
  readonly opens: boolean;
  /** The first shard's visits after the instance's last commit to it; `null`: unknown. */
  readonly count: number | null;
  /** How long commits take, on average; how long the last one to the first shard took. */
  readonly commitMs: number;
  readonly lastMs: number;
  /** The visits of each shard a while ago. */
  readonly watched: { readonly since: number; readonly counts: ReadonlyMap<number, number> } | null;
}

/**
 * @param now milliseconds since 1970
 * @param random 0 (inclusive) to 1 (exclusive)
 */
export function createSharding(shards: Shards, { now, random }: { now: () => number; random: () => number }): Sharding {
  const isAuto = shards === "auto";
  const most = isAuto ? AUTO_SHARDS : shards;
  const always = !isAuto && most > 1;
  const sites = createRecent<Site>(KNOWN_SITES);

  function change(name: string, to: (site: Site) => Partial<Site>): Site {
    const before = sites.get(name) ?? { place: random(), open: 1, opens: always, count: null, commitMs: 0, lastMs: 0, watched: null };
    const site = { ...before, ...to(before) };
    sites.set(name, site);
    return site;
  }

  const isOpener = (ms: number): boolean => isAuto && random() < OPENERS_MS / ms;

  return {
    most,
    plan(name) {
      const { place, open, opens } = change(name, () => ({}));
      return open > 1 ? { shard: Math.floor(place * Math.min(open, most)), opens: false } : { shard: 0, opens };
    },
    committed(name, ms, seen) {
      change(name, (site) => {
        const commitMs = site.commitMs === 0 ? ms : site.commitMs + (ms - site.commitMs) * WEIGHT;
        if (!seen) return { commitMs };
        const { open, count, visits } = seen;
        const isShared = site.count !== null && count !== site.count + visits;
        const isSlow = ms > SLOW_MS && site.lastMs + ms > 2 * SLOW_MS;
        return { commitMs, open, count, lastMs: ms, opens: always || (isShared && isSlow && isOpener(ms)) };
      });
    },
    waits(name, ms, { open, count, visits }) {
      change(name, (site) => {
        // What was sent may have been counted meanwhile.
        const isShared = site.count !== null && count > site.count + visits;
        return { open, count: site.count ?? count, opens: always || (isShared && ms > SLOW_MS && isOpener(ms)) };
      });
    },
    closed(name) {
      change(name, () => ({ open: 1 }));
    },
    isQuiet(name, counts) {
      if (!isAuto) return false;
      const { watched, commitMs } = change(name, () => ({}));
      if (watched && now() < watched.since + WATCH_MS) return false;
      change(name, () => ({ watched: { since: now(), counts } }));
      if (!watched) return false;
      const added = [...counts].map(([shard, count]) => count - (watched.counts.get(shard) ?? 0)).filter((visits) => visits !== 0);
      const perMs = added.reduce((sum, visits) => sum + visits, 0) / (now() - watched.since);
      // Few write, or so few visits come that one shard has time for each of them alone, twice.
      return (added.length <= most / 2 && added.length * commitMs < SLOW_MS / 2) || perMs * commitMs < 0.5;
    },
  };
}
