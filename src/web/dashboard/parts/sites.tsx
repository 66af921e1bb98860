import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { foldText } from "../../../domain/search.ts";
import type { SiteTotal } from "../data/api.ts";
import { cell, number } from "../texts/format.ts";
import { readableSite } from "../texts/readable.ts";
import { t } from "../texts/text.ts";
import { useAddress, useDashboard } from "./shared.ts";

/** More sites than this can be searched and sorted. */
const FEW = 8;

/** The list of sites to choose from. On a narrow screen it is closed, and its summary names the chosen one. */
export function Sites(): JSX.Element {
  const { sites, site: chosen } = useDashboard().state;
  const [search, setSearch] = useState("");
  const [byName, setByName] = useState(false);
  const wide = useWide();
  const all = sites?.sites ?? [];
  const wanted = foldText(search.trim());
  const found = all
    .filter(({ site }) => site.includes(wanted) || foldText(readableSite(site)).includes(wanted))
    .toSorted(byName ? nameFirst : visitsFirst);

  return (
    <nav id="sites" aria-label={t("sites")}>
      <details open={wide}>
        <summary>
          {wide ? t("sites") : <bdi>{readableSite(chosen ?? "")}</bdi>} <small>{number(all.length)}</small>
        </summary>
        {all.length > FEW && (
          <div class="row">
            <input
              type="search"
              aria-label={t("searchSites")}
              placeholder={t("searchSites")}
              value={search}
              onInput={(event) => setSearch(event.currentTarget.value)}
            />
            <select
              aria-label={t("sortSites")}
              value={byName ? "name" : "visits"}
              onChange={(event) => setByName(event.currentTarget.value === "name")}
            >
              <option value="visits">{t("byVisits")}</option>
              <option value="name">{t("byName")}</option>
            </select>
          </div>
        )}
        <ul>
          {found.map((one) => (
            <Site key={one.site} site={one} chosen={one.site === chosen} />
          ))}
        </ul>
        {found.length === 0 && <p class="soft">{t("noSite", { text: search.trim() })}</p>}
      </details>
    </nav>
  );
}

function Site({ site: { site, visits }, chosen }: { site: SiteTotal; chosen: boolean }): JSX.Element {
  const item = useRef<HTMLLIElement>(null);
  const address = useAddress();
  useEffect(() => {
    if (chosen) item.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <li ref={item}>
      <a href={address({ site, page: null })} {...(chosen && { "aria-current": "page" as const })}>
        <bdi title={site}>{readableSite(site)}</bdi>
        <span title={number(visits)}>{cell(visits)}</span>
      </a>
    </li>
  );
}

function nameFirst(one: SiteTotal, other: SiteTotal): number {
  return one.site < other.site ? -1 : 1;
}

function visitsFirst(one: SiteTotal, other: SiteTotal): number {
  return other.visits - one.visits || nameFirst(one, other);
}

/** Whether the list stands beside the numbers; the style sheet has the same width. */
function useWide(): boolean {
  const [query] = useState(() => matchMedia("(min-width: 64rem)"));
  const [wide, setWide] = useState(query.matches);
  useEffect(() => {
    const onChange = () => setWide(query.matches);
    query.addEventListener("change", onChange);
    return () => query.removeEventListener("change", onChange);
  }, [query]);
  return wide;
}
