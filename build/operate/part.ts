import { statSync } from "node:fs";
import { appendFile, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { InvalidInput } from "../../src/domain/invalid.ts";
import { parseObject } from "../../src/json.ts";

/** A file that is written in pieces, and bears its name only once it is complete. */
export interface Part {
  /** Where the next piece begins, in the words of who asks for it; `null` at the beginning. */
  readonly next: string | null;
  readonly lines: number;
  /** Appends a piece, and keeps where the next one begins. Throws `InvalidInput` where another program has written to the file. */
  append(text: string, next: string | null): Promise<void>;
  /** Renames the file; answers how many lines it has. */
  finish(): Promise<number>;
}

/** What is kept beside an unfinished file: how much of it is sure. */
interface State {
  readonly source: string;
  readonly next: string | null;
  readonly bytes: number;
  readonly lines: number;
}

/** Opens an unfinished file where it was left, if it came from the same source, else begins anew. Throws `InvalidInput` for a folder. */
export async function openPart(path: string, source: string): Promise<Part> {
  const file = `${path}.part`;
  const stateFile = `${path}.part.json`;
  // Before anything is asked for, as a folder keeps its name in the end.
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new InvalidInput(`${path} is a folder; allowed is a file.`);
  let state = await readState(file, stateFile, source);
  if (state.next === null) await writeFile(file, "");
  // A piece that was half written, or whose end was not noted, comes again.
  else await truncate(file, state.bytes);
  return {
    next: state.next,
    lines: state.lines,
    async append(text, next) {
      const size = statSync(file, { throwIfNoEntry: false })?.size;
      if (size !== state.bytes) throw new InvalidInput(`${file} has changed meanwhile: does another export write to it?`);
      await appendFile(file, text);
      state = { source, next, bytes: state.bytes + Buffer.byteLength(text), lines: state.lines + text.split("\n").length - 1 };
      await writeFile(`${stateFile}.new`, JSON.stringify(state));
      await rename(`${stateFile}.new`, stateFile);
    },
    async finish() {
      await rename(file, path);
      await rm(stateFile, { force: true });
      return state.lines;
    },
  };
}

/** What was kept, where it fits the source and the file. */
async function readState(file: string, stateFile: string, source: string): Promise<State> {
  const state = parseObject(await readFile(stateFile, "utf8").catch(() => "")) as State | null;
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const fits = state?.source === source && state.next !== null && size >= state.bytes;
  return fits ? state : { source, next: null, bytes: 0, lines: 0 };
}
