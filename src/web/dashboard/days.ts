import type { Period, Point } from "./api.ts";
import type { Chart } from "./chart.ts";
import { arrange, byId, make, setText, within } from "./dom.ts";
import { longDay, number, visits } from "./format.ts";

/** The days of a site or a page: a chart, and the same as a table for who cannot see it. */
export interface Days {
  show(subject: string, period: Period, points: readonly Point[]): void;
}

/** Fills the page's figure. The chart's library is loaded with the first days. */
export function createDays(): Days {
  const details = byId("days", "details");
  const body = within(details, "tbody");
  const rows: { row: HTMLTableRowElement; day: HTMLElement; count: HTMLElement }[] = [];
  let points: readonly Point[] = [];
  let chart: Promise<Chart> | undefined;

  function fillTable(): void {
    if (!details.open) return;
    while (rows.length < points.length) {
      const day = make("th", { scope: "row" });
      const count = make("td", { class: "number" });
      rows.push({ row: make("tr", {}, day, count), day, count });
    }
    // The latest day comes first.
    points.toReversed().forEach((point, index) => {
      const { day, count } = rows[index] ?? {};
      if (day) setText(day, longDay(point.date));
      if (count) setText(count, number(point.visits));
    });
    arrange(
      body,
      rows.slice(0, points.length).map(({ row }) => row),
    );
  }

  function onDay(point: Point | null): void {
    setText(byId("readout"), point ? `${longDay(point.date)}: ${visits(point.visits)}` : "");
  }

  details.addEventListener("toggle", fillTable);

  return {
    show(subject, { from, to }, days) {
      points = days;
      const caption = `Visits to ${subject} a day, ${longDay(from)} to ${longDay(to)} (UTC)`;
      setText(byId("caption"), caption);
      setText(byId("days-caption"), caption);
      setText(byId("chart-summary"), summaryOf(days));
      fillTable();
      chart ??= import("./chart.ts").then(({ createChart }) => createChart(byId("chart"), onDay));
      chart.then(
        (ready) => ready.draw(points),
        () => {
          // Without the chart there is the table; the next days try again.
          chart = undefined;
          details.open = true;
        },
      );
    },
  };
}

/** The day with the most visits, or `null` where there were none. */
export function busiest(points: readonly Point[]): Point | null {
  return points.reduce<Point | null>((most, point) => (point.visits > (most?.visits ?? 0) ? point : most), null);
}

/** The visits of all days. */
export function sum(points: readonly Point[]): number {
  return points.reduce((total, point) => total + point.visits, 0);
}

function summaryOf(points: readonly Point[]): string {
  const best = busiest(points);
  return best
    ? `${visits(sum(points))}; the most on ${longDay(best.date)}: ${number(best.visits)}. The table below has every day.`
    : "No visits.";
}
