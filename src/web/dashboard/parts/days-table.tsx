import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Bucket, Unit } from "../data/buckets.ts";
import { days, month, number } from "../texts/format.ts";
import { t } from "../texts/text.ts";

/** The chart as a table, the latest first. */
export function DaysTable(parts: {
  caption: string;
  buckets: Bucket[];
  before: (number | null)[] | null;
  unit: Unit;
  open: boolean;
}): JSX.Element {
  const [open, setOpen] = useState(parts.open);
  const { buckets, before, unit } = parts;
  const withVisitors = buckets.some(({ visitors }) => visitors !== undefined);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("asTable")}</summary>
      {open && (
        <table>
          <caption class="unseen">{parts.caption}</caption>
          <thead>
            <tr>
              <th scope="col">{t("time")}</th>
              <th scope="col">{t("visits")}</th>
              {withVisitors && <th scope="col">{t("visitors")}</th>}
              {before && <th scope="col">{t("before")}</th>}
            </tr>
          </thead>
          <tbody>
            {buckets
              .map((bucket, index) => (
                <tr key={bucket.from}>
                  <th scope="row">{nameOf(bucket, unit)}</th>
                  <td>{number(bucket.visits)}</td>
                  {withVisitors && <td>{number(bucket.visitors ?? 0)}</td>}
                  {before && <td>{before[index] === undefined ? "–" : number(before[index] ?? 0)}</td>}
                </tr>
              ))
              .reverse()}
          </tbody>
        </table>
      )}
    </details>
  );
}

/** The days of a bar in words. */
export function nameOf({ from, to, unfinished }: Bucket, unit: Unit): string {
  return `${unit === "month" ? month(from) : days(from, to)}${unfinished ? ` (${t("unfinished")})` : ""}`;
}

/** Visits, and visitors where there are any, in words. */
export function inWords({ visits, visitors }: { visits: number; visitors?: number }): string {
  return `${t("nVisits", { n: visits })}${visitors === undefined ? "" : `, ${t("nVisitors", { n: visitors })}`}`;
}
