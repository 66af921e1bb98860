import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { addDays } from "../../../domain/day.ts";
import type { Period } from "../data/api.ts";
import { MAX_DAYS, NAMED_RANGES, type NamedRange, periodOf, problemOf } from "../data/range.ts";
import type { View } from "../data/view.ts";
import { t } from "../texts/text.ts";
import { useDashboard } from "./shared.ts";

const DATES = "dates";

/** Chooses the period: one that has a name, or two days. */
export function PeriodChoice(): JSX.Element {
  const dashboard = useDashboard();
  const { view, today } = dashboard.state;
  // Of the view beside which it was typed.
  const [typed, setTyped] = useState<{ view: View; dates: Period } | null>(null);
  const own = typeof view.range === "object";
  const dates = typed?.view === view ? typed.dates : own ? (view.range as Period) : null;
  const problem = dates && problemOf(dates);

  function choose(value: string): void {
    setTyped(value === DATES ? { view, dates: periodOf(view.range, today) } : null);
    if (value !== DATES) dashboard.go({ range: value as NamedRange });
  }

  function type(change: Partial<Period>): void {
    const next = { ...(dates ?? periodOf(view.range, today)), ...change };
    setTyped({ view, dates: next });
    if (problemOf(next) === null) dashboard.go({ range: next });
  }

  return (
    <div class="row">
      <select
        aria-label={t("period")}
        value={dates ? DATES : (view.range as NamedRange)}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        {NAMED_RANGES.map((name) => (
          <option key={name} value={name}>
            {t(`range-${name}`)}
          </option>
        ))}
        <option value={DATES}>{t("dates")}</option>
      </select>
      {dates && (
        <>
          <DateField label={t("from")} value={dates.from} max={addDays(today, 1)} onInput={(from) => type({ from })} />
          <DateField label={t("to")} value={dates.to} max={addDays(today, 1)} onInput={(to) => type({ to })} />
          <p role="alert" class="wrong">
            {problem && t(problem, { n: MAX_DAYS })}
          </p>
        </>
      )}
    </div>
  );
}

function DateField(parts: { label: string; value: string; max: string; onInput(day: string): void }): JSX.Element {
  return (
    <label class="inline">
      {parts.label}{" "}
      <input type="date" required value={parts.value} max={parts.max} onChange={(event) => parts.onInput(event.currentTarget.value)} />
    </label>
  );
}
