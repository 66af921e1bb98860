import { createRecent } from "../recent.ts";
import { REGISTERS, type Sketch } from "./sketch.ts";

/** How old a copy may be for each register that it has: the more there are, the more a read costs, and the less it tells. */
const MS_PER_REGISTER = 7;

/** What an instance knows of a counter's visitors on a day. It may lag behind the store, and is never ahead of it. */
export interface SketchCopy {
  readonly sketch: Sketch;
  /** The counter's epoch when it was read; with another one the copy is of a counter that is gone. */
  readonly epoch: number;
  /** Milliseconds since 1970. */
  readonly readAt: number;
}

/** The copies that were used last, by counter (`page` `null`: the site's) and day. */
export interface SketchCopies<C extends SketchCopy> {
  get(site: string, page: string | null, day: string): C | undefined;
  set(site: string, page: string | null, day: string, copy: C): void;
}

/**
 * Keeps the `most` copies that were used last, and at most twice as many: 4 KB each.
 */
export function createSketchCopies<C extends SketchCopy>(most: number): SketchCopies<C> {
  const recent = createRecent<C>(most);
  const key = (site: string, page: string | null, day: string): string => `${day}\n${site}\n${page ?? ""}`;
  return {
    get: (site, page, day) => recent.get(key(site, page, day)),
    set: (site, page, day, copy) => recent.set(key(site, page, day), copy),
  };
}

/**
 * Whether a copy is to be read again, where other instances write too: at once while it is small, and at most every 30 s once it is full.
 */
export function isStale({ sketch, readAt }: SketchCopy, now: number): boolean {
  const empty = sketch.counts[0] ?? 0;
  return now - readAt >= MS_PER_REGISTER * (REGISTERS - empty);
}
