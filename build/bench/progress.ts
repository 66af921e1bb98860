const WIDTH = 24;
const stream = process.stderr;

/** Shows how far a part of the bench is: a bar on a terminal, a line for each step elsewhere. */
export function createProgress(part: string, steps: number): { step(what: string): void; end(): void } {
  let done = 0;
  return {
    step(what) {
      const filled = Math.round((done / steps) * WIDTH);
      const line = `${part.padEnd(6)} ${"█".repeat(filled)}${"░".repeat(WIDTH - filled)} ${String(done).padStart(String(steps).length)}/${steps}  ${what}`;
      stream.write(stream.isTTY ? `\r\u001b[K${line.slice(0, stream.columns - 1)}` : `${line}\n`);
      done += 1;
    },
    end() {
      if (stream.isTTY) stream.write("\r\u001b[K");
    },
  };
}
