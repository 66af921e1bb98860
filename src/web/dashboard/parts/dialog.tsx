import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../texts/text.ts";

/** A dialog in front of the page: the browser keeps the keyboard in it, and Escape closes it. */
export function Dialog(parts: { title: string; onClose(): void; children: ComponentChildren }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="card" aria-labelledby="dialog-title" onClose={parts.onClose}>
      <div class="stack">
        <div class="row between">
          <h2 id="dialog-title">{parts.title}</h2>
          <button type="button" class="quiet" aria-label={t("close")} onClick={() => dialog.current?.close()}>
            ×
          </button>
        </div>
        {parts.children}
      </div>
    </dialog>
  );
}
