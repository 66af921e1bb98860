import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Dashboard } from "../data/dashboard.ts";
import { fromRows, save } from "../data/files.ts";
import { createPageList } from "../data/page-list.ts";
import { t } from "../texts/text.ts";
import { Dialog } from "./dialog.tsx";
import { useDashboard } from "./shared.ts";

const READ_MS = 300_000;

/** Downloads of what is shown, for a spreadsheet. */
export function Downloads(): JSX.Element {
  const dashboard = useDashboard();
  const [open, setOpen] = useState(false);
  const [state, setState] = useState("");

  async function pages(): Promise<void> {
    setState(t("preparing"));
    await savePages(dashboard).then(
      () => setState(""),
      (error: Error) => setState(t("notAllRead", { problem: error.message })),
    );
  }

  return (
    <>
      <button type="button" class="quiet" onClick={() => setOpen(true)}>
        {t("downloads")}
      </button>
      {open && (
        <Dialog title={t("downloads")} onClose={() => setOpen(false)}>
          <div class="row">
            <button type="button" onClick={() => saveDays(dashboard)}>
              {t("seriesCsv")}
            </button>
            <button type="button" onClick={pages}>
              {t("pagesCsv")}
            </button>
          </div>
          <p role="status">{state}</p>
        </Dialog>
      )}
    </>
  );
}

function saveDays({ state: { numbers } }: Dashboard): void {
  if (!numbers) return;
  const rows = numbers.points.map(({ date, visits, visitors }) => [date, visits, visitors ?? ""]);
  // Browsers write "_" for what a file's name may not have.
  save(`${numbers.site}${numbers.page ?? ""}-days.csv`, "text/csv", fromRows([["date", "visits", "visitors"], ...rows]));
}

/** All pages of the period, read anew: the list that is shown may have only the first ones. */
async function savePages({ state: { numbers } }: Dashboard): Promise<void> {
  if (!numbers) return;
  const list = createPageList(numbers.site, numbers.period);
  await list.readAll(AbortSignal.timeout(READ_MS), () => {});
  const rows = [...list.rows.values()].map((row) => [
    ...[row.page, row.visits, row.visitors ?? ""],
    ...[row.periodVisits, row.periodVisitors ?? ""],
  ]);
  const names = ["page", "visits", "visitors", "period visits", "period visitors"];
  save(`${numbers.site}-pages.csv`, "text/csv", fromRows([names, ...rows]));
}
