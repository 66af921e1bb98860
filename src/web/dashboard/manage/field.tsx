import type { JSX } from "preact";

/** A field with its label above it. */
export function Field(parts: {
  label: string;
  value: string;
  placeholder?: string;
  numeric?: boolean;
  onInput(value: string): void;
}): JSX.Element {
  return (
    <label class="field">
      {parts.label}
      <input
        value={parts.value}
        autocomplete="off"
        spellcheck={false}
        {...(parts.placeholder && { placeholder: parts.placeholder })}
        {...(parts.numeric && { inputMode: "numeric" as const })}
        onInput={(event) => parts.onInput(event.currentTarget.value)}
      />
    </label>
  );
}
