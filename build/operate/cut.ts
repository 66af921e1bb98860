import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { InvalidInput } from "../../src/domain/invalid.ts";
import type { Addition } from "../../src/domain/store.ts";
import { MAX_LINES, parseLines } from "../../src/routes/import-lines.ts";
import { MAX_IMPORT_BYTES } from "../../src/routes/transfer.ts";

/** Lines that one request takes. */
export interface Part {
  readonly text: string;
  /** The number of its first line in the file, from 1. */
  readonly firstLine: number;
  readonly lines: number;
}

/** Cuts a file into parts; the same file is always cut the same way, and only one part is held in memory. */
export async function* cutFile(path: string): AsyncGenerator<Part> {
  let lines: string[] = [];
  let firstLine = 1;
  let size = 0;
  for await (const line of linesOf(path)) {
    const bytes = Buffer.byteLength(line) + 1;
    const number = firstLine + lines.length;
    if (bytes > MAX_IMPORT_BYTES)
      throw new InvalidInput(`line ${number} is longer than ${MAX_IMPORT_BYTES} bytes; allowed is at most that.`);
    if (lines.length === MAX_LINES || size + bytes > MAX_IMPORT_BYTES) {
      yield { text: `${lines.join("\n")}\n`, firstLine, lines: lines.length };
      firstLine = number;
      lines = [];
      size = 0;
    }
    lines.push(line);
    size += bytes;
  }
  if (lines.length > 0) yield { text: `${lines.join("\n")}\n`, firstLine, lines: lines.length };
}

/** By line feeds alone: JSON may hold the other characters that Node's readline takes for an end. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest: string | null = null;
  for await (const chunk of createReadStream(path, "utf8")) {
    // Without a byte order mark.
    const lines: string[] = (rest === null ? String(chunk).replace(/^\ufeff/, "") : `${rest}${chunk}`).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest) yield rest;
}

/** What a file holds. */
export interface Survey {
  readonly lines: number;
  readonly visits: number;
  /** Names the file's content and the site, in hexadecimal. */
  readonly digest: string;
}

/**
 * Reads all of a file as the service will, or throws {@link InvalidInput} for the first bad line. To be done before anything is sent:
 * a file that is put right after half of it was added is another file, and would add that half twice.
 */
export async function survey(path: string, site: string): Promise<Survey> {
  // What is sent is read again, when a pipe would be empty.
  if (!(await stat(path)).isFile()) throw new InvalidInput(`${path} is no file; allowed is a file, as it is read twice.`);
  const hash = createHash("sha256").update(`${site}\n`);
  let lines = 0;
  let visits = 0;
  for await (const part of cutFile(path)) {
    hash.update(part.text);
    for (const addition of readPart(part, site)) {
      lines += 1;
      visits += addition.visits;
    }
  }
  return { lines, visits, digest: hash.digest("hex").slice(0, 32) };
}

function readPart({ text, firstLine }: Part, site: string): Addition[] {
  if (text.includes("\ufffd")) {
    const number = firstLine + text.slice(0, text.indexOf("\ufffd")).split("\n").length - 1;
    throw new InvalidInput(`line ${number} holds malformed UTF-8; allowed is UTF-8.`);
  }
  try {
    return [...parseLines(text, site)];
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new InvalidInput(error.message.replace(/^line (\d+)/, (_, number) => `line ${Number(number) + firstLine - 1}`));
  }
}
