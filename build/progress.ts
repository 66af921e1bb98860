import { grouped } from "./statistics.ts";

const WIDTH = 24;
/** How often the bar is drawn at most. */
const EVERY_MS = 100;

/** How far a long task is: a bar on a terminal; elsewhere one line for each named step. */
export interface Progress {
  /** Says what begins now, and counts it. */
  step(what: string): void;
  /** Sets how much is done. */
  update(done: number): void;
  /** Prints a line above the bar. */
  note(text: string): void;
  /** Removes the bar. */
  end(): void;
}

/**
 * @param label stands before the bar
 * @param total what `done` ends at; 0 where it is not known yet
 */
export function createProgress(label: string, total: number, stream: NodeJS.WriteStream = process.stderr): Progress {
  let done = 0;
  let begun = 0;
  let what = "";
  let drawnAt = Number.NEGATIVE_INFINITY;
  const line = () => {
    const filled = Math.round((total === 0 ? 0 : Math.min(1, done / total)) * WIDTH);
    const count = `${grouped(done)}/${grouped(total)}`;
    return `${label} ${"█".repeat(filled)}${"░".repeat(WIDTH - filled)} ${count}  ${what}`.trimEnd();
  };
  const clear = () => {
    if (stream.isTTY) stream.write("\r\u001b[K");
  };
  const draw = () => {
    if (!stream.isTTY) return;
    clear();
    stream.write(line().slice(0, stream.columns - 1));
    drawnAt = performance.now();
  };
  return {
    step(name) {
      done = begun;
      begun += 1;
      what = name;
      if (stream.isTTY) draw();
      else stream.write(`${line()}\n`);
    },
    update(count) {
      done = count;
      if (count === total || performance.now() - drawnAt > EVERY_MS) draw();
    },
    note(text) {
      clear();
      stream.write(`${text}\n`);
      draw();
    },
    end: clear,
  };
}
