import type { JSX } from "preact";
import type { Point } from "../data/api.ts";
import { busiest } from "../data/buckets.ts";
import { shortDay } from "../texts/format.ts";
import { t } from "../texts/text.ts";

const WIDTH = 96;
const HEIGHT = 24;
/** More would not be seen. */
const MAX_STEPS = 48;
/** What the line's own width takes at the edges. */
const MARGIN = 1.5;

/** A small line of a page's days. */
export function Spark({ points }: { points: readonly Point[] }): JSX.Element {
  const best = busiest(points);
  const label = best ? t("trendLabel", { n: best.visits, day: shortDay(best.date) }) : t("nVisits", { n: 0 });
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} role="img" aria-label={label}>
      <polyline points={path(steps(points.map((point) => point.visits)))} fill="none" stroke="currentColor" stroke-width="1.5" />
    </svg>
  );
}

/** Sums neighbours until they are few. */
function steps(values: readonly number[]): number[] {
  const size = Math.ceil(values.length / MAX_STEPS);
  const sums: number[] = [];
  for (let at = 0; at < values.length; at += size) sums.push(values.slice(at, at + size).reduce((sum, value) => sum + value, 0));
  return sums;
}

function path(values: readonly number[]): string {
  const most = Math.max(1, ...values);
  const room = HEIGHT - 2 * MARGIN;
  const points = values.map((value, index) => {
    const x = MARGIN + (index / Math.max(1, values.length - 1)) * (WIDTH - 2 * MARGIN);
    return `${x.toFixed(1)},${(HEIGHT - MARGIN - (value / most) * room).toFixed(1)}`;
  });
  return points.length === 1 ? `${points[0]} ${WIDTH - MARGIN},${points[0]?.split(",")[1]}` : points.join(" ");
}
