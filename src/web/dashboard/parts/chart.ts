import UPlot from "uplot";
import type { Bucket } from "../data/buckets.ts";

const HEIGHT_PX = 210;
const FONT = '12px system-ui, "Segoe UI", sans-serif';
const HATCH_PX = 6;

/** What a chart shows: bars, and a faint line of the period before. */
export interface ChartData {
  readonly buckets: readonly Bucket[];
  readonly before: readonly (number | null)[] | null;
  /** What stands below a bar, and beside a line. Handed over, so that this file shares none with the page: it is one request. */
  nameOf(bucket: Bucket): string;
  write(value: number): string;
  /** Told which bar the pointer is at, or `null`. */
  onBucket(bucket: Bucket | null): void;
}

/** A chart of a period. */
export interface Chart {
  draw(data: ChartData): void;
  destroy(): void;
}

/** Makes the chart in `box`, as wide as that. */
export function createChart(box: HTMLElement): Chart {
  let shown: ChartData | undefined;
  let drawn = "";
  let plot: UPlot | undefined;

  function build(): void {
    plot?.destroy();
    plot = shown && new UPlot(optionsOf(shown, box), seriesOf(shown), box);
  }

  const resized = new ResizeObserver(() => {
    if (plot && plot.width !== box.clientWidth) plot.setSize({ width: box.clientWidth, height: HEIGHT_PX });
  });
  resized.observe(box);
  // The canvas has the colours of the time when it was drawn.
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", build);

  return {
    draw(data) {
      const content = JSON.stringify([data.buckets, data.before, document.documentElement.lang]);
      if (drawn === content) return;
      drawn = content;
      shown = data;
      build();
    },
    destroy() {
      resized.disconnect();
      scheme.removeEventListener("change", build);
      plot?.destroy();
    },
  };
}

/** Bars by their place, not by time: months are as wide as each other. */
function seriesOf({ buckets, before }: ChartData): UPlot.AlignedData {
  const of = (value: (bucket: Bucket) => number | null | undefined) => buckets.map((bucket) => value(bucket) ?? null);
  return [
    buckets.map((_, index) => index),
    of(({ visits, unfinished }) => (unfinished ? null : visits)),
    of(({ visits, unfinished }) => (unfinished ? visits : null)),
    of(({ visitors }) => visitors),
    buckets.map((_, index) => before?.[index] ?? null),
  ];
}

function optionsOf({ buckets, nameOf, write, onBucket }: ChartData, box: HTMLElement): UPlot.Options {
  const color = (name: string) => colorOf(box, name);
  // Visitors stand within the visits' bars, in the stronger colour.
  const outer = color(buckets.some(({ visitors }) => visitors !== undefined) ? "--bar" : "--bar-inner");
  const axis = { stroke: color("--soft"), font: FONT, ticks: { show: false } };
  const bars = (size: number) => ({ width: 0, points: { show: false }, paths: barPaths(size) });
  return {
    width: box.clientWidth,
    height: HEIGHT_PX,
    padding: [12, 16, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { show: false } },
    scales: {
      x: { time: false, range: () => [-0.5, buckets.length - 0.5] },
      y: { range: (_, __, max) => [0, Math.max(4, max * 1.05)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 30,
        space: 84,
        incrs: wholeSteps(),
        values: (_, places) => places.map((place) => (buckets[place] ? nameOf(buckets[place]) : "")),
      },
      { ...axis, grid: { stroke: color("--line"), width: 1 }, size: 48, values: (_, values) => values.map(write), incrs: wholeSteps() },
    ],
    series: [
      {},
      { fill: outer, ...bars(0.72) },
      { fill: () => hatch(outer), stroke: outer, ...bars(0.72), width: 1 },
      { fill: color("--bar-inner"), ...bars(0.4) },
      { stroke: color("--faint"), width: 1.5, dash: [4, 4], points: { show: false } },
    ],
    hooks: { setCursor: [({ cursor }) => onBucket(buckets[cursor.idx ?? -1] ?? null)] },
  };
}

/** A colour of the style sheet as a canvas takes it: of the light or the dark scheme. */
function colorOf(box: HTMLElement, name: string): string {
  box.style.color = `var(${name})`;
  const { color } = getComputedStyle(box);
  box.style.color = "";
  return color;
}

function barPaths(size: number): UPlot.Series.PathBuilder {
  const { bars } = UPlot.paths;
  if (!bars) throw new Error("uPlot has no bars.");
  return bars({ size: [size, 40], radius: 0.12 });
}

/** Slanted lines: what is not finished yet. */
function hatch(color: string): CanvasPattern | string {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = HATCH_PX;
  const pen = canvas.getContext("2d");
  if (!pen) return color;
  pen.strokeStyle = color;
  pen.lineWidth = 2;
  for (const from of [-HATCH_PX, 0, HATCH_PX]) {
    pen.moveTo(from, HATCH_PX);
    pen.lineTo(from + HATCH_PX, 0);
  }
  pen.stroke();
  return pen.createPattern(canvas, "repeat") ?? color;
}

/** There is no half visit, and no half day. */
const wholeSteps = () => Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();
