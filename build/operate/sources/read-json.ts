import type { Collector } from "./collect.ts";
import type { SourceFile } from "./source.ts";

/** A value of a JSON file, and where it stands. */
export interface JsonRecord {
  readonly where: string;
  readonly value: unknown;
}

/** The values of JSON Lines; lines that begin with `#` are comments, and lines that are no JSON are left out. */
export function readJsonLines({ name, text }: SourceFile, collector: Collector): JsonRecord[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const where = `${name} line ${index + 1}`;
    const value = parseJson(line);
    if (value === undefined) collector.leaveOut(where, "that are no JSON");
    return value === undefined ? [] : [{ where, value }];
  });
}

/** A JSON value; `undefined` where the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
