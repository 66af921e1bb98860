import type { Place } from "./sketch.ts";

/** All that a visit bears of its visitor: the places in the site's and in the page's sketch of its day. */
export interface Visitor {
  readonly site: Place;
  readonly page: Place;
}

/** Places that a batch adds to one sketch: of a page or of the site (`null`), on one day. */
export interface Places {
  readonly page: string | null;
  readonly day: string;
  readonly places: readonly Place[];
}

/** What visits of one site add to its sketches: the site's first, each sketch once. Visits without a visitor add nothing. */
export function placesOf(
  visits: Iterable<{ readonly page: string; readonly day: string; readonly visitor: Visitor | null }>,
): readonly Places[] {
  const site = new Map<string, Place[]>();
  const pages = new Map<string, Map<string, Place[]>>();
  for (const { page, day, visitor } of visits) {
    if (!visitor) continue;
    const days = pages.get(page) ?? new Map<string, Place[]>();
    pages.set(page, days);
    append(site, day, visitor.site);
    append(days, day, visitor.page);
  }
  const list = (page: string | null, days: Map<string, Place[]>): Places[] => [...days].map(([day, places]) => ({ page, day, places }));
  return [...list(null, site), ...[...pages].flatMap(([page, days]) => list(page, days))];
}

function append(lists: Map<string, Place[]>, day: string, place: Place): void {
  const list = lists.get(day);
  if (list) list.push(place);
  else lists.set(day, [place]);
}
