import { createRecent } from "../../domain/recent.ts";

/** Entities per counter: always so many, or several only while instances wait for each other. */
export type Shards = number | "auto";

/** Shards of a site where instances wait for each other: with fewer 100 of them wait long, with more each answer reads more. */
const AUTO_SHARDS = 10;
/** A commit to entities that others write as well is too slow above this; alone it takes 20 to 100 ms. */
const SLOW_MS = 500;
/** What a commit takes at least, when it is guessed whether one shard would do: a single fast one says little. */
const FAST_MS = 20;
/** The more instances wait, the longer each of them does: so a few of them open the shards, and not all. */
const OPENERS_MS = 200;
/** How long a site is watched before its shards are closed. */
const WATCH_MS = 60_000;
/** In an open shard a commit waits too long for others above this; also the longest pause before one. */
const CROWDED_MS = 250;
/** How long, before an instance leaves a shard that too many write to. */
const BALANCE_MS = 1_000;
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
  /**
   * How long to wait before a commit, in milliseconds. Writers of a crowded shard take turns anyway; who waits here is not in Datastore's
   * queue, in which a commit is aborted after a while.
   */
  pauseMs(site: string): number;
  /** A commit stands, which took so many milliseconds with its retries; `seen` where it was to the first shard. */
  committed(site: string, ms: number, seen: Seen | null): void;
  /** A commit to the first shard does not stand after so many milliseconds; `seen` is what the shard says now. */
  waits(site: string, ms: number, seen: Seen): void;
  /** The instance's shard is closed, or all are. */
  closed(site: string): void;
  /** Learns the visits of each shard. Answers whether one shard would do by now. */
  isQuiet(site: string, visitsByShard: ReadonlyMap<number, number>): boolean;
}

/** The visits of each shard at a moment, in milliseconds since 1970. */
interface Look {
  readonly at: number;
  readonly visits: ReadonlyMap<number, number>;
}

interface Site {
  /** Of the open shards the instance's own: from 0 to 1. */
  readonly place: number;
  readonly open: number;
  readonly opens: boolean;
  /** The first shard's visits after the instance's last commit to it; `null`: unknown. */
  readonly count: number | null;
  /** How long the last commit took. */
  readonly lastMs: number;
  /** What the shards had at least a watch ago, and at least a balance ago. */
  readonly watched: Look | null;
  readonly balanced: Look | null;
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
  const siteOf = (name: string): Site =>
    sites.get(name) ?? { place: random(), open: 1, opens: always, count: null, lastMs: 0, watched: null, balanced: null };
  const set = (name: string, change: Partial<Site>): void => sites.set(name, { ...siteOf(name), ...change });
  const opensAfter = (ms: number, isSlow: boolean): boolean => always || (isAuto && isSlow && random() < OPENERS_MS / ms);

  return {
    most,
    plan(name) {
      const { place, open, opens } = siteOf(name);
      set(name, { place });
      return open > 1 ? { shard: Math.floor(place * Math.min(open, most)), opens: false } : { shard: 0, opens };
    },
    pauseMs(name) {
      const { open, lastMs } = siteOf(name);
      return open > 1 && lastMs > CROWDED_MS ? Math.min(lastMs / 2, CROWDED_MS) : 0;
    },
    committed(name, ms, seen) {
      if (!seen) return set(name, { lastMs: ms });
      const { open, count, visits } = seen;
      const site = siteOf(name);
      const isShared = site.count !== null && count !== site.count + visits;
      const opens = opensAfter(ms, isShared && ms > SLOW_MS && site.lastMs + ms > 2 * SLOW_MS);
      set(name, { open, count, lastMs: ms, opens });
    },
    waits(name, ms, { open, count, visits }) {
      const known = siteOf(name).count ?? count;
      // A shard that does not answer is left.
      const place = open > 1 && ms > SLOW_MS ? { place: random() } : {};
      // What was sent may have been counted meanwhile.
      set(name, { open, count: known, opens: opensAfter(ms, count > known + visits && ms > SLOW_MS), ...place });
    },
    closed(name) {
      set(name, { open: 1 });
    },
    isQuiet(name, visits) {
      const { place, open, lastMs, watched, balanced } = siteOf(name);
      const look: Look = { at: now(), visits };
      if (look.at - (balanced?.at ?? 0) >= BALANCE_MS) {
        const shards = Math.min(open, most);
        const shard = balanced && quieter(Math.floor(place * shards), shards, added(balanced, look), random);
        set(name, { balanced: look, ...(shard !== null && { place: (shard + 0.5) / shards }) });
      }
      if (!isAuto || look.at - (watched?.at ?? 0) < WATCH_MS) return false;
      set(name, { watched: look });
      if (watched === null) return false;
      const counts = [...added(watched, look).values()].filter((count) => count !== 0);
      const commitMs = Math.max(lastMs, FAST_MS);
      const sum = counts.reduce((all, count) => all + count, 0);
      // Few write, or so few visits come that one shard has time for each of them alone, twice.
      return (counts.length <= most / 2 && counts.length * commitMs < SLOW_MS / 2) || 2 * sum * commitMs < look.at - watched.at;
    },
  };
}

function added(before: Look, after: Look): ReadonlyMap<number, number> {
  return new Map([...after.visits].map(([shard, count]) => [shard, count - (before.visits.get(shard) ?? 0)]));
}

/**
 * The shard to go to; `null`: stay. Instances get as many visits as each other, so visits tell where many instances are: of those on a
 * shard with too many half of the surplus leaves, each to one of the shards with too few.
 */
function quieter(own: number, shards: number, visits: ReadonlyMap<number, number>, random: () => number): number | null {
  const counts = Array.from({ length: shards }, (_, shard) => Math.max(0, visits.get(shard) ?? 0));
  const mean = counts.reduce((sum, count) => sum + count, 0) / shards;
  const here = counts[own] ?? 0;
  if (2 * here * random() >= here - mean) return null;
  let left = random() * counts.reduce((sum, count) => sum + Math.max(0, mean - count), 0);
  for (const [shard, count] of counts.entries()) {
    left -= Math.max(0, mean - count);
    if (left < 0) return shard;
  }
  return null;
}
