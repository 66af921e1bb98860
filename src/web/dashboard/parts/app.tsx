import type { JSX } from "preact";
import { useEffect, useErrorBoundary } from "preact/hooks";
import { BASE } from "../data/base.ts";
import type { Dashboard } from "../data/dashboard.ts";
import { readView } from "../data/view.ts";
import { readable, readableSite } from "../texts/readable.ts";
import { t } from "../texts/text.ts";
import { ApiPage } from "./api-page.tsx";
import { Content } from "./content.tsx";
import { Empty } from "./empty.tsx";
import { Footer, Header } from "./frame.tsx";
import { Gate } from "./gate.tsx";
import { Message } from "./message.tsx";
import { focusMain, Shared, useDashboard } from "./shared.ts";
import { Sites } from "./sites.tsx";

/** The whole page. */
export function App({ dashboard }: { dashboard: Dashboard }): JSX.Element {
  const redraw = () => dashboard.touch();
  useEffect(() => document.addEventListener("click", (event) => follow(event, dashboard)), [dashboard]);
  // A fault of the page itself ends in words, too.
  const [fault, reset] = useErrorBoundary((error) => console.error(error));
  const { phase, view, site, sites } = dashboard.state;
  useEffect(() => {
    const subject = phase === "content" && site !== null ? `${readableSite(site)}${view.page === null ? "" : readable(view.page)} · ` : "";
    document.title = `${subject}Footfall`;
  });
  const listed = sites !== null && sites.sites.length > 0 && !view.api && phase !== "loading" && phase !== "error";

  return (
    <Shared.Provider value={dashboard}>
      <a class="skip" href="#main">
        {t("skip")}
      </a>
      <div id="page">
        <Header redraw={redraw} />
        <div id="layout" class={listed ? "with-sites" : ""}>
          {listed && <Sites />}
          <main id="main" tabIndex={-1}>
            {fault ? <Failure problem={fault as Error} reset={reset} /> : <Phase dashboard={dashboard} />}
          </main>
        </div>
        <Footer redraw={redraw} />
      </div>
    </Shared.Provider>
  );
}

function Phase({ dashboard }: { dashboard: Dashboard }): JSX.Element {
  const { phase, view, problem } = dashboard.state;
  if (view.api) return <ApiPage />;
  switch (phase) {
    case "loading":
      return <Loading />;
    case "gate":
      return <Gate />;
    case "error":
      return <Failure problem={problem} />;
    case "empty":
      return <Empty />;
    default:
      return <Content />;
  }
}

function Loading(): JSX.Element {
  return (
    <p class="soft" role="status">
      {t("loading")}…
    </p>
  );
}

function Failure({ problem, reset }: { problem: Error | null; reset?: () => void }): JSX.Element {
  const dashboard = useDashboard();
  return (
    <Message title={t("errorTitle")} role="alert">
      <p>{problem?.message}</p>
      <button
        type="button"
        onClick={() => {
          reset?.();
          dashboard.reload();
          focusMain();
        }}
      >
        {t("retry")}
      </button>
    </Message>
  );
}

/** Links of the dashboard show their view without loading the page again; with a modifier key they are the browser's. */
function follow(event: MouseEvent, dashboard: Dashboard): void {
  const link = (event.target as Element).closest("a");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.target || link.download || link.origin !== BASE.origin || link.pathname !== BASE.pathname) return;
  event.preventDefault();
  // The fragment is a shared link's.
  const skips = link.hash === "#main";
  if (!skips) dashboard.go(readView(link.search));
  if (skips || link.dataset["focus"] !== undefined) focusMain();
  // On a phone nothing that changes is beside a table.
  if (link.closest("tbody") && matchMedia("(max-width: 47.99rem)").matches) document.getElementById("title")?.scrollIntoView();
}
