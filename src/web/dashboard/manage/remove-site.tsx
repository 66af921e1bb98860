import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { request } from "../data/api.ts";
import { BASE } from "../data/base.ts";
import { save } from "../data/files.ts";
import { focusMain, useDashboard } from "../parts/shared.ts";
import { readableSite } from "../texts/readable.ts";
import { t } from "../texts/text.ts";
import { Action, Confirm } from "./action.tsx";
import { deleteSite } from "./changes.ts";
import { Field } from "./field.tsx";
import { useChange } from "./use-change.ts";

/** Removes a site with all its pages, after its name was typed. All of it can be downloaded before. */
export function RemoveSite({ site, visits }: { site: string; visits: number }): JSX.Element {
  const dashboard = useDashboard();
  const change = useChange();
  const [asked, setAsked] = useState(false);
  const [typed, setTyped] = useState("");
  const [state, setState] = useState("");
  const name = readableSite(site);

  async function download(): Promise<void> {
    setState(t("preparing"));
    await exportSite(site).then(
      (text) => {
        save(`${site}.ndjson`, "application/x-ndjson", text);
        setState("");
      },
      (error: Error) => setState(t("refused", { problem: error.message })),
    );
  }

  async function remove(): Promise<void> {
    const ok = await change.run(`delete ${site}`, async (key, onAttempt) => {
      await deleteSite(site, key, onAttempt);
      return t("deleteSiteDone", { site: name });
    });
    if (!ok) return;
    setAsked(false);
    dashboard.go({ site: null, page: null });
    focusMain();
  }

  return (
    <Action title={t("deleteSite")} detail={t("deleteSiteDetail", { site: name })}>
      <div class="row">
        <button type="button" class="quiet" onClick={download}>
          {t("exportAll")}
        </button>
        <button
          type="button"
          class="quiet"
          onClick={() => {
            change.forget();
            setTyped("");
            setAsked(true);
          }}
        >
          {t("deleteSiteButton")}
        </button>
        <span role="status">{state}</span>
      </div>
      {asked && (
        <Confirm
          question={t("deleteSiteConfirm", { site: name, n: t("nVisits", { n: visits }) })}
          yes={t("deleteYes")}
          change={change}
          disabled={typed.trim() !== site && typed.trim() !== name}
          onYes={remove}
          onClose={() => setAsked(false)}
        >
          <Field label={t("siteName")} value={typed} onInput={setTyped} />
        </Confirm>
      )}
    </Action>
  );
}

/** A site's lines, part by part: each answer names the next one. */
async function exportSite(site: string): Promise<string> {
  let text = "";
  let next: string | null = `v1/export?${new URLSearchParams({ site })}`;
  while (next !== null) {
    const answer = await request(next);
    text += await answer.text();
    const link = /<([^>]+)>;\s*rel="next"/.exec(answer.headers.get("Link") ?? "")?.[1];
    // Relative to the answer, and so below the service's path, whatever stands before it.
    next = link === undefined ? null : new URL(link, new URL("v1/export", BASE)).href;
  }
  return text;
}
