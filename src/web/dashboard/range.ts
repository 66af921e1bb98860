import { addDays } from "../../domain/day.ts";
import type { Period } from "./api.ts";
import { byId, setText } from "./dom.ts";
import { periodOf, problemOf, today, type View } from "./view.ts";

/** The period's buttons and its two days. */
export function createRange(onChange: (range: View["range"]) => void): { show(range: View["range"]): void } {
  const form = byId("range", "form");
  const dates = byId("dates");
  const radios = [...form.querySelectorAll<HTMLInputElement>("input[name=days]")];
  const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement;

  function chosenDates(): Period {
    return { from: field("from").value, to: field("to").value };
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    const chosen = radios.find(({ checked }) => checked)?.value;
    dates.hidden = chosen !== "custom";
    if (chosen !== "custom") return onChange(Number(chosen));
    const problem = problemOf(chosenDates());
    setText(byId("dates-error"), problem ?? "");
    if (problem === null) onChange(chosenDates());
  });

  return {
    show(range) {
      const known = radios.find(({ value }) => value === String(range));
      const custom = radios.find(({ value }) => value === "custom");
      const period = periodOf(range);
      if (known) known.checked = true;
      else if (custom) custom.checked = true;
      dates.hidden = known !== undefined;
      // The fields are the reader's while they are typing.
      if (!dates.contains(document.activeElement)) {
        field("from").value = period.from;
        field("to").value = period.to;
      }
      field("from").max = field("to").max = addDays(today(), 1);
    },
  };
}
