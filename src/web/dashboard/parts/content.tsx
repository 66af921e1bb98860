import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { Manage } from "../manage/manage.tsx";
import { readable, readableSite } from "../texts/readable.ts";
import { t } from "../texts/text.ts";
import { Days } from "./days.tsx";
import { Downloads } from "./downloads.tsx";
import { Glance } from "./glance.tsx";
import { PageLink } from "./page-link.tsx";
import { Pages } from "./pages.tsx";
import { PeriodChoice } from "./period-choice.tsx";
import { Share } from "./share.tsx";
import { useAddress, useDashboard, usePainted } from "./shared.ts";
import { Snippets } from "./snippets.tsx";
import { Tiles } from "./tiles.tsx";

/** The numbers of a site or a page, and what can be done with them. */
export function Content(): JSX.Element | null {
  const { numbers, pages, busy } = useDashboard().state;
  // Drawn with the numbers, what is below them would delay them: the days wait for their paint, the rest for the first list of pages.
  const painted = usePainted();
  const whole = useRef(false);
  whole.current ||= (pages?.version ?? 0) > 0;
  if (!numbers) return null;
  return (
    <div class="stack" aria-busy={busy}>
      <Heading />
      <Tiles numbers={numbers} />
      {painted && <Days numbers={numbers} />}
      {painted && whole.current && (
        <>
          <Pages key={numbers.site} />
          <Snippets numbers={numbers} />
          <Glance numbers={numbers} />
          <Manage numbers={numbers} />
        </>
      )}
    </div>
  );
}

function Heading(): JSX.Element {
  const { view, site } = useDashboard().state;
  const address = useAddress();
  const [sharing, setSharing] = useState(false);
  const name = view.site ?? site ?? "";
  const title = view.page === null ? readableSite(name) : readable(view.page);
  return (
    <div class="row between">
      <div>
        <h2 id="title" title={view.page ?? name}>
          <bdi>{title}</bdi>
          <PageLink site={name} page={view.page ?? "/"} label={title} />
        </h2>
        {view.page !== null && (
          <p>
            <a href={address({ page: null })} data-focus="">
              {t("wholeSite", { site: readableSite(name) })}
            </a>
          </p>
        )}
      </div>
      <div class="row">
        <PeriodChoice />
        <button type="button" class="quiet" onClick={() => setSharing(true)}>
          {t("share")}
        </button>
        <Downloads />
      </div>
      {sharing && <Share site={name} onClose={() => setSharing(false)} />}
    </div>
  );
}
