import { useRef, useState } from "preact/hooks";
import { ApiError } from "../data/api.ts";
import { newId } from "../data/ids.ts";
import { t } from "../texts/text.ts";
import { isLost } from "./send.ts";

/** How a change stands. */
export interface Change {
  readonly working: boolean;
  /** What the reader is told. */
  readonly told: string;
  /** The answer was lost: the same change may be sent again, and is done once. */
  readonly lost: boolean;
  /**
   * Does a change and tells how it went; resolves to whether it was done. `content` names what is changed: as long as it is the same,
   * every attempt has the same key. `isBegun` tells whether a part of it was done, which a later part's refusal leaves as it is.
   */
  run(
    content: string,
    change: (key: string, onAttempt: (attempt: number) => void) => Promise<string>,
    isBegun?: () => boolean,
  ): Promise<boolean>;
  forget(): void;
  /** Does something else, unless it or a change is under way: what is pressed twice is done once. `tell` has its failure. */
  alone(work: () => Promise<void>, tell: (problem: string) => void): Promise<void>;
}

/** A change of numbers: its key, its attempts, and its outcome in words. */
export function useChange(): Change {
  const [state, setState] = useState({ working: false, told: "", lost: false });
  const busy = useRef(false);
  const open = useRef<{ content: string; key: string } | null>(null);

  async function alone(work: () => Promise<void>, tell?: (problem: string) => void): Promise<void> {
    if (busy.current) return;
    busy.current = true;
    await work().catch((error: Error) => tell?.(error.message));
    busy.current = false;
  }

  return {
    ...state,
    alone,
    async run(content, change, isBegun = () => false) {
      let done = false;
      await alone(async () => {
        if (open.current?.content !== content) open.current = { content, key: newId() };
        const { key } = open.current;
        const work = (n: number) => setState({ working: true, told: t("working", { n }), lost: false });
        work(1);
        try {
          const told = await change(key, work);
          open.current = null;
          setState({ working: false, told, lost: false });
          done = true;
        } catch (error) {
          const lost = isLost(error);
          if (!lost) open.current = null;
          setState({ working: false, told: inWords(error as Error, lost, isBegun()), lost });
        }
      });
      return done;
    },
    forget() {
      setState({ working: false, told: "", lost: false });
    },
  };
}

function inWords(error: Error, lost: boolean, begun: boolean): string {
  if (lost) return t("lost", { problem: error.message });
  if (begun) return error.message;
  const keyRefused = error instanceof ApiError && error.status === 401;
  return keyRefused ? t("refusedKey") : t("refused", { problem: error.message });
}
