import type { ComponentChildren, JSX } from "preact";
import { busiest, sum } from "../data/buckets.ts";
import type { Numbers } from "../data/load.ts";
import { days, longDay, number, percent } from "../texts/format.ts";
import { t } from "../texts/text.ts";
import { useDashboard } from "./shared.ts";

/** The numbers in short. */
export function Tiles({ numbers }: { numbers: Numbers }): JSX.Element {
  const { sites } = useDashboard().state;
  const { points, before, total, today } = numbers;
  const own = sum(points);
  const old = before && sum(before.points);
  const best = busiest(points);
  const zone = sites?.timeZone ?? "UTC";
  return (
    <>
      <dl class="tiles">
        <Tile name={t("visits")} value={own.visits}>
          {before && <Growth now={own.visits} before={old?.visits} period={before.period} />}
        </Tile>
        {own.visitors !== undefined && (
          <Tile name={t("visitors")} value={own.visitors}>
            {before && <Growth now={own.visitors} before={old?.visitors} period={before.period} />}
          </Tile>
        )}
        <Tile name={t("today")} value={today.visits}>
          {today.visitors !== undefined && `${t("nVisitors", { n: today.visitors })}, `}
          {t("soFar", { zone })}
        </Tile>
        {own.visitors === undefined && (
          <Tile name={t("busiest")} value={best?.visits ?? null}>
            {best && longDay(best.date)}
          </Tile>
        )}
        <Tile name={t("allTime")} value={total.visits}>
          {total.visitors !== undefined && t("nVisitors", { n: total.visitors })}
        </Tile>
      </dl>
      {own.visitors !== undefined && <p class="soft">{t("whatVisitor")}</p>}
    </>
  );
}

function Tile({ name, value, children }: { name: string; value: number | null; children: ComponentChildren }): JSX.Element {
  const text = value === null ? "–" : number(value);
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <span class="figure" style={{ "--chars": text.length }}>
          {text}
        </span>
        <small>{children}</small>
      </dd>
    </div>
  );
}

/** How a number has changed; by words and sign, not by colour alone. */
function Growth(parts: { now: number; before: number | undefined; period: Numbers["period"] }): JSX.Element | null {
  const { now, before, period } = parts;
  if (before === undefined) return null;
  const change = now - before;
  return (
    <span title={`${days(period.from, period.to)}: ${number(before)}`}>
      <b class={change > 0 ? "up" : change < 0 ? "down" : ""}>{growthOf(now, before)}</b> {before > 0 && t("versus", { n: before })}
    </span>
  );
}

function growthOf(now: number, before: number): string {
  if (now === before) return t("unchanged");
  if (before === 0) return t("isNew");
  return percent((now - before) / before);
}
