import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../data/api.ts";
import { currentKey, isShared, signIn, signOut } from "../data/session.ts";
import { t } from "../texts/text.ts";
import { Message } from "./message.tsx";
import { focusMain, useDashboard } from "./shared.ts";

/** The form that asks for the key: where numbers are not public, or where somebody wants to change them. */
export function Gate(): JSX.Element {
  const dashboard = useDashboard();
  const { problem } = dashboard.state;
  const [key, setKey] = useState("");
  const [remember, setRemember] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  // The button that was pressed has gone.
  useEffect(() => {
    if (!problem) field.current?.focus();
  }, [problem]);
  const status = problem instanceof ApiError ? problem.status : null;
  const wrong = status === 401 && currentKey() !== null;
  // Without an ADMIN_KEY every key is refused, and so are numbers that are not public.
  if (status === 403 && currentKey() === null) {
    return (
      <Message title={t("gateTitle")}>
        <p>{t("gateWithout")}</p>
      </Message>
    );
  }

  function submit(event: Event): void {
    event.preventDefault();
    if (key.trim() === "") return;
    signIn(key.trim(), remember);
    dashboard.reload();
    focusMain();
  }

  return (
    <Message title={t(problem ? "gateTitle" : "signInTitle")}>
      <p>{t("gateDetail")}</p>
      <form class="stack" onSubmit={submit}>
        <label class="field">
          {t("key")}
          <input
            type="password"
            autocomplete="current-password"
            spellcheck={false}
            required
            ref={field}
            value={key}
            aria-invalid={wrong}
            aria-describedby="key-error"
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <p id="key-error" role="alert" class="wrong">
          {wrong && t(isShared() ? "sharedKeyWrong" : "wrongKey")}
        </p>
        <label class="check">
          <input type="checkbox" checked={remember} onChange={(event) => setRemember(event.currentTarget.checked)} />
          <span>
            {t("remember")} <small>{t("rememberHint")}</small>
          </span>
        </label>
        <div class="row">
          <button type="submit">{t("open")}</button>
          {(!problem || wrong) && (
            <button
              type="button"
              class="quiet"
              onClick={() => {
                if (wrong) signOut();
                dashboard.reload();
                focusMain();
              }}
            >
              {t("cancel")}
            </button>
          )}
        </div>
      </form>
    </Message>
  );
}
