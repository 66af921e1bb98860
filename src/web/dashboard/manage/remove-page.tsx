import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Counts } from "../data/api.ts";
import { useDashboard } from "../parts/shared.ts";
import { readable, readableSite } from "../texts/readable.ts";
import { t } from "../texts/text.ts";
import { Action, Confirm, Done } from "./action.tsx";
import { addLines, deletePage, readPage, rememberPage } from "./changes.ts";
import { Field } from "./field.tsx";
import { useChange } from "./use-change.ts";

/** Removes a page's counter. What it had is kept until the page is left, so that it can be brought back. */
export function RemovePage({ site, page: shown }: { site: string; page: string }): JSX.Element {
  const dashboard = useDashboard();
  const change = useChange();
  const [page, setPage] = useState(shown);
  const [asked, setAsked] = useState<({ page: string } & Counts) | null>(null);
  const [removed, setRemoved] = useState<{ page: string; lines: string[] } | null>(null);
  const [problem, setProblem] = useState("");

  async function ask(event: Event): Promise<void> {
    event.preventDefault();
    setProblem(page.trim() === "" ? t("pageMissing") : "");
    if (page.trim() === "") return;
    await change.alone(async () => {
      const found = await readPage(site, page.trim());
      change.forget();
      setRemoved(null);
      setAsked(found);
    }, setProblem);
  }

  async function remove(name: string): Promise<void> {
    let lines = removed?.page === name ? removed.lines : null;
    const ok = await change.run(`delete ${name}`, async (key, onAttempt) => {
      // Only before the first attempt: after it the page may be gone already.
      lines ??= await rememberPage(site, name, dashboard.state.today);
      setRemoved({ page: name, lines });
      await deletePage(site, name, key, onAttempt);
      return t("deletePageDone", { page: readable(name) });
    });
    if (!ok) return;
    setAsked((now) => (now?.page === name ? null : now));
    dashboard.reload();
  }

  async function undo({ page: name, lines }: { page: string; lines: string[] }): Promise<void> {
    const ok = await change.run(`restore ${name}`, async (key, onAttempt) => {
      await addLines(site, lines, key, onAttempt);
      return t("undone", { page: readable(name) });
    });
    if (!ok) return;
    setRemoved(null);
    dashboard.reload();
  }

  return (
    <Action title={t("deletePage")} detail={t("deletePageDetail")}>
      <form class="fields" onSubmit={ask}>
        <Field label={t("page")} value={page} onInput={setPage} placeholder="/blog" />
        <button type="submit" class="quiet">
          {t("deletePageButton")}
        </button>
      </form>
      {problem && (
        <p role="alert" class="wrong">
          {problem}
        </p>
      )}
      {asked && (
        <Confirm
          question={t("deletePageConfirm", { page: readable(asked.page), site: readableSite(site), n: t("nVisits", { n: asked.visits }) })}
          yes={t("deleteYes")}
          change={change}
          onYes={() => remove(asked.page)}
          onClose={() => setAsked(null)}
        />
      )}
      {!asked && change.told && <Done key={change.told} told={change.told} onUndo={removed ? () => undo(removed) : undefined} />}
    </Action>
  );
}
