import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Bucket, bucketsOf, busiest, sum, UNITS, type Unit, unitFor } from "../data/buckets.ts";
import type { Numbers } from "../data/load.ts";
import { compact, longDay, month, shortDay } from "../texts/format.ts";
import { readable, readableSite } from "../texts/readable.ts";
import { t } from "../texts/text.ts";
import type { Chart } from "./chart.ts";
import { DaysTable, inWords, nameOf } from "./days-table.tsx";
import { useDashboard } from "./shared.ts";

/** A period: a chart, and the same as a table for who cannot see it. */
export function Days({ numbers }: { numbers: Numbers }): JSX.Element {
  const { today, sites } = useDashboard().state;
  const [chosen, setChosen] = useState<Unit | null>(null);
  const [withoutChart, setWithoutChart] = useState(false);
  const [readout, setReadout] = useState<Bucket | null>(null);
  const { points, period, site, page, total } = numbers;
  const unit = chosen ?? unitFor(points.length);
  const buckets = bucketsOf(points, unit, today);
  const before = earlier(numbers, unit, today);
  const own = sum(points);
  const best = busiest(buckets);
  const subject = `${readableSite(site)}${page === null ? "" : readable(page)}`;
  const caption = t("caption", { subject, from: longDay(period.from), to: longDay(period.to), zone: sites?.timeZone ?? "UTC" });

  return (
    <figure class="card" aria-labelledby="caption">
      <figcaption>
        <span id="caption">{caption}</span>
        <span id="readout" aria-hidden="true">
          {readout && `${nameOf(readout, unit)}: ${inWords(readout)}`}
        </span>
        <label class="inline">
          {t("by")}{" "}
          <select value={unit} onChange={(event) => setChosen(event.currentTarget.value as Unit)}>
            {UNITS.map((one) => (
              <option key={one} value={one}>
                {t(`unit-${one}`)}
              </option>
            ))}
          </select>
        </label>
      </figcaption>
      {own.visits === 0 ? (
        <p class="nothing">
          {t("noVisits", { from: longDay(period.from), to: longDay(period.to) })}{" "}
          {total.visits > 0 && t("noVisitsUndated", { n: total.visits })}
        </p>
      ) : (
        <>
          <Plot buckets={buckets} before={before} unit={unit} onBucket={setReadout} onFailure={() => setWithoutChart(true)} />
          <Legend withVisitors={own.visitors !== undefined} unfinished={buckets.at(-1)?.unfinished ?? false} compared={before !== null} />
        </>
      )}
      <p id="chart-summary" class="unseen">
        {best && t("chartSummary", { visits: inWords(own), best: nameOf(best, unit), n: best.visits })}
      </p>
      <DaysTable key={String(withoutChart)} caption={caption} buckets={buckets} before={before} unit={unit} open={withoutChart} />
    </figure>
  );
}

/** What the chart's colours mean; the table says the same in words. */
function Legend(parts: { withVisitors: boolean; unfinished: boolean; compared: boolean }): JSX.Element {
  return (
    <p class="legend row soft" aria-hidden="true">
      <span>
        <span class={parts.withVisitors ? "outer" : "inner"}>■</span> {t("visits")}
      </span>
      {parts.withVisitors && (
        <span>
          <span class="inner">■</span> {t("visitors")}
        </span>
      )}
      {parts.unfinished && <span>▨ {t("unfinished")}</span>}
      {parts.compared && <span>┄ {t("beforeLine")}</span>}
    </p>
  );
}

/** The period before, laid day by day onto this one. */
function earlier({ before, points }: Numbers, unit: Unit, today: string): (number | null)[] | null {
  if (!before) return null;
  const shifted = points.slice(0, before.points.length).map(({ date }, index) => ({ date, visits: before.points[index]?.visits ?? 0 }));
  return bucketsOf(shifted, unit, today).map(({ visits }) => visits);
}

function Plot(parts: {
  buckets: Bucket[];
  before: (number | null)[] | null;
  unit: Unit;
  onBucket(bucket: Bucket | null): void;
  onFailure(): void;
}): JSX.Element {
  const { buckets, before, unit, onBucket } = parts;
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<Promise<Chart> | null>(null);
  useEffect(() => {
    // The chart's library is loaded with the first numbers. Where it does not come or cannot run, there is the table.
    chart.current ??= import("./chart.ts").then(({ createChart }) => createChart(box.current as HTMLElement));
    const nameOf = ({ from }: Bucket) => (unit === "month" ? month(from) : shortDay(from));
    chart.current.then((ready) => ready.draw({ buckets, before, onBucket, write: compact, nameOf })).catch(parts.onFailure);
  });
  useEffect(
    () => () =>
      void chart.current?.then(
        (ready) => ready.destroy(),
        () => {},
      ),
    [],
  );
  return <div id="chart" ref={box} role="img" aria-labelledby="caption" aria-describedby="chart-summary" />;
}
