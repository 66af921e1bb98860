import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { ApiError, type Counts } from "../data/api.ts";
import { useDashboard } from "../parts/shared.ts";
import { number } from "../texts/format.ts";
import { readable, readableSite } from "../texts/readable.ts";
import { t } from "../texts/text.ts";
import { Action, Confirm, Done } from "./action.tsx";
import { type NewTotal, readPage, setTotal } from "./changes.ts";
import { Field } from "./field.tsx";
import { useChange } from "./use-change.ts";
import { wholeNumber } from "./whole-number.ts";

/** Sets a page's total: the start value from another counter. */
export function SetTotal({ site, page: shown }: { site: string; page: string }): JSX.Element {
  const dashboard = useDashboard();
  const change = useChange();
  const [fields, setFields] = useState({ page: shown, visits: "", visitors: "" });
  const [asked, setAsked] = useState<{ total: NewTotal; old: Counts } | null>(null);
  const [mayDrop, setMayDrop] = useState(false);
  const [done, setDone] = useState<{ total: NewTotal; old: Counts; undo: boolean } | null>(null);
  const [problem, setProblem] = useState("");
  const sent = useRef<{ key: string; total: NewTotal } | null>(null);
  const withVisitors = dashboard.state.sites?.visitors === "daily";

  async function ask(event: Event): Promise<void> {
    event.preventDefault();
    const wrong = problemOf(fields);
    setProblem(wrong ? t(wrong) : "");
    if (wrong) return;
    const visitors = fields.visitors.trim() === "" ? {} : { visitors: wholeNumber(fields.visitors) ?? 0 };
    await change.alone(async () => {
      const { page, ...old } = await readPage(site, fields.page.trim());
      setMayDrop(false);
      change.forget();
      setAsked({ total: { site, page, visits: wholeNumber(fields.visits) ?? 0, ...visitors }, old });
    }, setProblem);
  }

  async function run(content: string, decide: () => Promise<NewTotal>, old: Counts, undo: boolean): Promise<void> {
    const ok = await change.run(content, async (key, onAttempt) => {
      // Once for each key: what is sent again must be the same.
      if (sent.current?.key !== key) sent.current = { key, total: await decide() };
      const { total } = sent.current;
      await setTotal(total, key, onAttempt).catch((error: Error) => {
        // Less than its days have: the service does that only where it is told to.
        if (error instanceof ApiError && error.status === 400 && error.message.includes("dropDays")) setMayDrop(true);
        throw error;
      });
      return t("setDone", { page: readable(total.page), n: total.visits });
    });
    if (!ok || !sent.current) return;
    const { total } = sent.current;
    setAsked((now) => (now?.total.page === total.page ? null : now));
    setDone({ total, old, undo });
    dashboard.reload();
  }

  /** Back to what was, plus what has been counted since. */
  async function beforeThat({ total, old }: NonNullable<typeof done>): Promise<NewTotal> {
    const { visits, visitors } = await readPage(site, total.page);
    const since = { visits: visits - total.visits, visitors: (visitors ?? 0) - (total.visitors ?? 0) };
    const back = { site, page: total.page, visits: old.visits + Math.max(0, since.visits) };
    return total.visitors === undefined ? back : { ...back, visitors: (old.visitors ?? 0) + Math.max(0, since.visitors) };
  }

  return (
    <Action title={t("setTitle")} detail={t("setDetail")}>
      <form class="fields" onSubmit={ask}>
        <Field label={t("page")} value={fields.page} onInput={(page) => setFields({ ...fields, page })} placeholder="/blog" />
        <Field label={t("newVisits")} value={fields.visits} onInput={(visits) => setFields({ ...fields, visits })} numeric />
        {withVisitors && (
          <Field label={t("newVisitors")} value={fields.visitors} onInput={(visitors) => setFields({ ...fields, visitors })} numeric />
        )}
        <button type="submit">{t("setButton")}</button>
      </form>
      {problem && (
        <p role="alert" class="wrong">
          {problem}
        </p>
      )}
      {asked && (
        <Confirm
          question={t("setConfirm", {
            page: readable(asked.total.page),
            site: readableSite(site),
            old: number(asked.old.visits),
            n: asked.total.visits,
          })}
          yes={t("setYes")}
          change={change}
          disabled={mayDrop && !asked.total.dropDays}
          onYes={() => run(JSON.stringify(asked.total), async () => asked.total, asked.old, !asked.total.dropDays)}
          onClose={() => setAsked(null)}
        >
          {mayDrop && (
            <label class="check">
              <input
                type="checkbox"
                checked={asked.total.dropDays ?? false}
                onChange={(event) => setAsked({ ...asked, total: { ...asked.total, dropDays: event.currentTarget.checked } })}
              />
              <span>
                {t("dropDays")} <small>{t("dropDaysWarning")}</small>
              </span>
            </label>
          )}
        </Confirm>
      )}
      {!asked && change.told && (
        <Done
          key={change.told}
          told={change.told}
          onUndo={done?.undo ? () => run(`undo ${JSON.stringify(done)}`, () => beforeThat(done), done.total, true) : undefined}
        />
      )}
    </Action>
  );
}

function problemOf({ page, visits, visitors }: { page: string; visits: string; visitors: string }): "pageMissing" | "numberWrong" | null {
  if (page.trim() === "") return "pageMissing";
  const numbers = [visits, ...(visitors.trim() === "" ? [] : [visitors])];
  return numbers.some((text) => wholeNumber(text) === null) ? "numberWrong" : null;
}
