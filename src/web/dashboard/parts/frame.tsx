import type { JSX } from "preact";
import { BASE } from "../data/base.ts";
import { currentKey, signOut } from "../data/session.ts";
import { time } from "../texts/format.ts";
import { chooseLanguage, currentLanguage, LANGUAGES, t } from "../texts/text.ts";
import { focusMain, useAddress, useDashboard, usePainted } from "./shared.ts";

/** The page's own icon, which the head names with the hash of its content. */
const ICON = document.querySelector<HTMLLinkElement>("link[rel=icon]")?.href ?? new URL("assets/icon.png", BASE).href;

/** Name, news and the key. */
export function Header({ redraw }: { redraw(): void }): JSX.Element {
  const dashboard = useDashboard();
  const { phase, live, updated, problem, view } = dashboard.state;
  const address = useAddress();
  const numbers = phase === "content" && !view.api;
  return (
    <header>
      <h1>
        <a href={address({ page: null })}>
          <img src={ICON} alt="" width="28" height="28" />
          Footfall
        </a>
      </h1>
      {numbers && live && (
        <p id="live">
          {live.visits > 0 && (
            <span class="up" aria-hidden="true">
              ●{" "}
            </span>
          )}
          {t("live", { n: live.visits, minutes: live.minutes })}
        </p>
      )}
      <p id="freshness" class="soft">
        {numbers && problem ? t("stale", { problem: problem.message }) : updated && numbers ? t("updated", { time: time(updated) }) : ""}
      </p>
      {phase !== "gate" && phase !== "loading" && currentKey() === null && (
        <button type="button" class="quiet" onClick={() => dashboard.askForKey()}>
          {t("signIn")}
        </button>
      )}
      {phase !== "gate" && currentKey() !== null && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            signOut();
            dashboard.reload();
            redraw();
            focusMain();
          }}
        >
          {t("signOut")}
        </button>
      )}
    </header>
  );
}

/** The zone, the contract, the language. */
export function Footer({ redraw }: { redraw(): void }): JSX.Element | null {
  const { sites } = useDashboard().state;
  const address = useAddress();
  // The languages' names need fonts of other scripts, which a browser takes long to find.
  if (!usePainted()) return null;
  return (
    <footer class="soft">
      <span>{t("footer", { zone: sites?.timeZone ?? "UTC" })}</span>
      <a href={address({ api: true })} data-focus="">
        {t("apiLink")}
      </a>
      <label>
        <span class="unseen">{t("language")}</span>
        <select value={currentLanguage()} onChange={(event) => chooseLanguage(event.currentTarget.value).then(redraw, () => {})}>
          {Object.entries(LANGUAGES).map(([tag, { name }]) => (
            <option key={tag} value={tag} lang={tag}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </footer>
  );
}
