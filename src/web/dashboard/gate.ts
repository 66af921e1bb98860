import { type ApiError, key } from "./api.ts";
import { byId, setText } from "./dom.ts";

const WITHOUT_KEY =
  "The service keeps its numbers to itself and has no key to ask for: set PUBLIC_STATS=true or an ADMIN_KEY where it runs.";

/** The form that asks for the API key. */
export function createGate(onKey: () => void): { show(refusal: ApiError): void } {
  const form = byId("gate-form", "form");
  const input = byId("key", "input");
  const forget = byId("forget", "button");

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    key.set(input.value.trim());
    onKey();
  });
  forget.addEventListener("click", () => {
    key.forget();
    onKey();
  });

  return {
    show({ status }) {
      const wrong = status === 401 && key.get() !== null;
      key.forget();
      forget.hidden = true;
      form.hidden = status === 403;
      if (status === 403) setText(byId("gate-detail"), WITHOUT_KEY);
      setText(byId("gate-error"), wrong ? "This is not the key." : "");
      input.setAttribute("aria-invalid", String(wrong));
      input.select();
    },
  };
}
