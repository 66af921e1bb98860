import UPlot from "uplot";
import type { Point } from "./api.ts";
import { compact, longDay, shortDay } from "./format.ts";

const HEIGHT_PX = 210;
/** More days than this are a line, as bars would be thinner than the eye can part. */
const MOST_BARS = 100;
const FONT = '12px system-ui, "Segoe UI", sans-serif';

/** A chart of days. */
export interface Chart {
  draw(points: readonly Point[]): void;
}

/** Makes the chart in `box`, as wide as that; `onDay` is told which day the pointer is at, or `null`. */
export function createChart(box: HTMLElement, onDay: (point: Point | null) => void): Chart {
  let shown: readonly Point[] = [];
  let plot: UPlot | undefined;

  function build(): void {
    plot?.destroy();
    if (shown.length === 0) return;
    plot = new UPlot(optionsOf(shown, box.clientWidth, onDay), dataOf(shown), box);
  }

  new ResizeObserver(() => {
    if (plot && plot.width !== box.clientWidth) plot.setSize({ width: box.clientWidth, height: HEIGHT_PX });
  }).observe(box);
  // The canvas has the colours of the time when it was drawn.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", build);

  return {
    draw(points) {
      const samePeriod = plot && points.length === shown.length && points[0]?.date === shown[0]?.date;
      shown = points;
      if (samePeriod) plot?.setData(dataOf(points));
      else build();
    },
  };
}

function dataOf(points: readonly Point[]): UPlot.AlignedData {
  return [points.map(({ date }) => Date.parse(date) / 1_000), points.map(({ visits }) => visits)];
}

function optionsOf(points: readonly Point[], width: number, onDay: (point: Point | null) => void): UPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const bars = points.length <= MOST_BARS;
  const axis = { stroke: color("--soft"), font: FONT, ticks: { show: false } };
  // Half a day of room at both ends: the first and the last bar are as wide as the others.
  const room = bars ? 43_200 : 0;
  return {
    width,
    height: HEIGHT_PX,
    padding: [12, 16, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { show: !bars } },
    tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1_000), "UTC"),
    scales: {
      x: { time: true, range: (_, min, max) => [min - room, max + room] },
      y: { range: (_, __, max) => [0, Math.max(4, max * 1.05)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 30,
        space: 72,
        values: (_, seconds) => seconds.map((second) => labelOf(second, points.length)),
        incrs: daySteps(),
      },
      { ...axis, grid: { stroke: color("--line"), width: 1 }, size: 48, values: (_, values) => values.map(compact), incrs: wholeSteps() },
    ],
    series: [
      {},
      {
        stroke: color("--accent"),
        fill: color(bars ? "--accent-bar" : "--accent-area"),
        width: bars ? 0 : 1.5,
        points: { show: false },
        ...(bars && UPlot.paths.bars && { paths: UPlot.paths.bars({ size: [0.72, 40], radius: 0.15 }) }),
      },
    ],
    hooks: { setCursor: [({ cursor }) => onDay(points[cursor.idx ?? -1] ?? null)] },
  };
}

function labelOf(second: number, days: number): string {
  const date = new Date(second * 1_000).toISOString().slice(0, 10);
  return days > 366 ? longDay(date) : shortDay(date);
}

const DAY_S = 86_400;
const daySteps = () => [1, 2, 3, 7, 14, 30, 61, 91, 182, 365, 730].map((days) => days * DAY_S);
/** There is no half visit. */
const wholeSteps = () => Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();
