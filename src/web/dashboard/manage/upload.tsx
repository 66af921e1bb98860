import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { newId } from "../data/ids.ts";
import { useDashboard } from "../parts/shared.ts";
import { number } from "../texts/format.ts";
import { readable, readableSite } from "../texts/readable.ts";
import { t } from "../texts/text.ts";
import { Action, Done } from "./action.tsx";
import { addLines } from "./changes.ts";
import { type Plan, planOf } from "./plan.ts";
import { readFile } from "./read-file.ts";
import { useChange } from "./use-change.ts";

const SHOWN_PROBLEMS = 10;

/** Adds the numbers of a file, after it has been shown what they would do. */
export function Upload({ site }: { site: string }): JSX.Element {
  const dashboard = useDashboard();
  const change = useChange();
  const [problems, setProblems] = useState<readonly string[]>([]);
  const [plan, setPlan] = useState<Plan | null>(null);
  const [sent, setSent] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  // One for the file: a part that was sent already is not added again.
  const upload = useRef("");

  async function look(file: File | undefined): Promise<void> {
    const own = newId();
    upload.current = own;
    change.forget();
    setPlan(null);
    setSent(0);
    setProblems([]);
    if (!file) return;
    const { lines, problems } = readFile(await file.text());
    const isWhole = problems.length === 0 && lines.length > 0;
    const plan = isWhole ? await planOf(site, lines).catch((error: Error) => error.message) : null;
    // Another file was chosen meanwhile.
    if (upload.current !== own) return;
    if (typeof plan === "string") setProblems([plan]);
    else if (plan) setPlan(plan);
    else setProblems(lines.length === 0 && problems.length === 0 ? [t("uploadNothing")] : problems);
  }

  async function addAll({ parts, pages, visits }: Plan): Promise<void> {
    let done = sent;
    async function addRest(_: string, onAttempt: (attempt: number) => void): Promise<string> {
      while (done < parts.length) {
        await addLines(site, parts[done] ?? [], `${upload.current}-${done}`, onAttempt);
        done += 1;
        setSent(done);
      }
      return t("uploadDone", { visits: t("nVisits", { n: visits }), pages: t("nPages", { n: pages }) });
    }
    const ok = await change.run(upload.current, addRest, () => done > 0);
    dashboard.reload();
    if (!ok) return;
    setPlan(null);
    if (field.current) field.current.value = "";
  }

  return (
    <Action title={t("uploadTitle")} detail={t("uploadDetail")}>
      <label class="field">
        {t("uploadFile")}
        <input
          ref={field}
          type="file"
          disabled={change.working}
          accept=".csv,.ndjson,.jsonl,.txt,text/csv"
          onChange={(event) => look(event.currentTarget.files?.[0])}
        />
      </label>
      {problems.length > 0 && <Problems problems={problems} />}
      {plan && (
        <div class="stack">
          <p>
            {t("dryRun", { visits: t("nVisits", { n: plan.visits }), pages: t("nPages", { n: plan.pages }), site: readableSite(site) })}
          </p>
          <Preview plan={plan} />
          <div class="row">
            <button type="button" aria-disabled={change.working} onClick={() => addAll(plan)}>
              {t(change.lost || sent > 0 ? "again" : "uploadButton")}
            </button>
            <p role="status">
              {change.told} {change.working && t("uploadPart", { part: sent + 1, n: plan.parts.length })}{" "}
              {!change.working && sent > 0 && t("uploadStopped", { done: sent, n: plan.parts.length })}
            </p>
          </div>
        </div>
      )}
      {!plan && change.told && <Done key={change.told} told={change.told} />}
    </Action>
  );
}

function Problems({ problems }: { problems: readonly string[] }): JSX.Element {
  return (
    <div role="alert" class="wrong">
      <p>{t("uploadBad", { n: problems.length })}</p>
      <ul>
        {problems.slice(0, SHOWN_PROBLEMS).map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
      {problems.length > SHOWN_PROBLEMS && <p>{t("uploadMore", { n: problems.length - SHOWN_PROBLEMS })}</p>}
    </div>
  );
}

function Preview({ plan }: { plan: Plan }): JSX.Element {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{t("page")}</th>
          <th scope="col">{t("now")}</th>
          <th scope="col">{t("after")}</th>
        </tr>
      </thead>
      <tbody>
        {plan.preview.map(({ page, now, after }) => (
          <tr key={page}>
            <th scope="row">
              <bdi>{readable(page)}</bdi>
            </th>
            <td>{number(now)}</td>
            <td>{number(after)}</td>
          </tr>
        ))}
      </tbody>
      {plan.pages > plan.preview.length && <caption>{t("andMore", { n: plan.pages - plan.preview.length })}</caption>}
    </table>
  );
}
