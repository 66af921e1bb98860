import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { serviceUrl } from "../data/base.ts";
import { t } from "../texts/text.ts";

const COPIED_MS = 2_000;

/** The tag for a website. */
export const scriptTag = (): string => `<script async src="${serviceUrl("embed.js")}"></script>`;

/** A text to be copied. Where the browser forbids that (plain HTTP, say), it is selected for the reader to copy. */
export function CopyField({ label, button, value }: { label: string; button: string; value: string }): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const [told, setTold] = useState("");

  async function copy(): Promise<void> {
    const copied = await navigator.clipboard?.writeText(value).then(
      () => true,
      () => false,
    );
    if (!copied) field.current?.select();
    setTold(t(copied ? "copied" : "pressCopy"));
    setTimeout(() => setTold(""), COPIED_MS);
  }

  return (
    <div class="snippet">
      <input ref={field} readOnly aria-label={label} value={value} dir="ltr" />
      <button type="button" class="quiet" onClick={copy}>
        {told || button}
      </button>
      <span role="status" class="unseen">
        {told}
      </span>
    </div>
  );
}
