/** Characters of the bar. */
const WIDTH = 30;
/** How often it is drawn at most. */
const EVERY_MS = 100;

/** A bar on a terminal's error stream; elsewhere it draws nothing. */
export interface Progress {
  update(done: number): void;
  /** A line above the bar, on any stream. */
  note(text: string): void;
  end(): void;
}

/**
 * @param total what `done` ends at
 * @param unit its plural
 */
export function createProgress(total: number, unit: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  const start = performance.now();
  let drawn = Number.NEGATIVE_INFINITY;
  let last = 0;
  const clear = () => stream.isTTY && stream.write("\r\x1b[K");
  const draw = () => {
    if (!stream.isTTY) return;
    const share = total === 0 ? 1 : last / total;
    const full = Math.round(share * WIDTH);
    const rate = Math.round((last / (performance.now() - start)) * 1_000);
    const numbers = `${last.toLocaleString("en-US")} of ${total.toLocaleString("en-US")} ${unit}, ${rate.toLocaleString("en-US")}/s`;
    stream.write(`\r\x1b[K[${"#".repeat(full)}${"-".repeat(WIDTH - full)}] ${Math.floor(share * 100)} %  ${numbers}`);
  };
  return {
    update(done) {
      last = done;
      if (performance.now() - drawn < EVERY_MS && done < total) return;
      drawn = performance.now();
      draw();
    },
    note(text) {
      clear();
      stream.write(`${text}\n`);
      draw();
    },
    end() {
      if (stream.isTTY) stream.write("\n");
    },
  };
}
