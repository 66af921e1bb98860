import type { ComponentChildren, JSX } from "preact";
import { useRef } from "preact/hooks";
import { Dialog } from "../parts/dialog.tsx";
import { t } from "../texts/text.ts";
import type { Change } from "./use-change.ts";

/** One kind of change, with its title and a sentence about it. */
export function Action({ title, detail, children }: { title: string; detail: string; children: ComponentChildren }): JSX.Element {
  return (
    <section class="action stack">
      <h3>{title}</h3>
      <p class="soft">{detail}</p>
      {children}
    </section>
  );
}

/** Asks once more before a change, and tells how it went. Its button keeps the focus while it may not be pressed. */
export function Confirm(parts: {
  question: string;
  yes: string;
  change: Change;
  disabled?: boolean;
  onYes(): void;
  onClose(): void;
  children?: ComponentChildren;
}): JSX.Element {
  const { question, yes, change, disabled = false, onYes, onClose, children } = parts;
  return (
    <Dialog title={t("confirmTitle")} onClose={onClose}>
      <p class="anywhere">{question}</p>
      {children}
      <p role="status" class={change.lost ? "wrong" : ""}>
        {change.told}
      </p>
      <div class="row">
        <button type="button" class="danger" aria-disabled={disabled || change.working} onClick={() => disabled || onYes()}>
          {change.lost ? t("again") : yes}
        </button>
        <button type="button" class="quiet" onClick={(event) => event.currentTarget.closest("dialog")?.close()}>
          {t("cancel")}
        </button>
      </div>
    </Dialog>
  );
}

/** What was done, and the way back. It takes the focus, as the dialog that asked has gone. */
export function Done({ told, onUndo }: { told: string; onUndo?: (() => void) | undefined }): JSX.Element {
  const focused = useRef(false);
  return (
    <p
      class="row done"
      tabIndex={-1}
      ref={(element) => {
        if (element && !focused.current) element.focus();
        focused.current = true;
      }}
    >
      <span role="status">{told}</span>
      {onUndo && (
        <button type="button" class="quiet" onClick={onUndo}>
          {t("undo")}
        </button>
      )}
    </p>
  );
}
