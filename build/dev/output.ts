import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { ROOT } from "../root.ts";

/** The bundle's name, as it is in a worker's stack, with line and column. */
const PLACE = /(?:file:\/\/\/?)?(?:[\w./-]*\/)?index\.js:(\d+):(\d+)/g;

/** Takes what workerd prints. */
export interface Output {
  /** Names the map of the bundle that now runs, and where it would lie. */
  useMap(json: string, file: string): void;
  readonly take: (...streams: readonly Readable[]) => void;
}

/** Shows what the worker prints: its log lines as people read them, and places in the bundle as those in the sources. */
export function createOutput(print: (line: string) => void = console.log): Output {
  let map: SourceMap | undefined;
  let folder = ROOT;

  function toSource(text: string): string {
    return text.replace(PLACE, (place, line: string, column: string) => {
      const origin = map?.findOrigin(Number(line), Number(column));
      if (!origin || !("fileName" in origin)) return place;
      return `${relative(ROOT, resolve(folder, origin.fileName))}:${origin.lineNumber}:${origin.columnNumber}`;
    });
  }

  return {
    useMap(json, file) {
      map = new SourceMap(JSON.parse(json) as SourceMapPayload);
      folder = dirname(file);
    },
    take(...streams) {
      for (const input of streams) createInterface({ input }).on("line", (line) => print(toSource(readable(line))));
    },
  };
}

/** A line of the service's log is JSON. */
function readable(line: string): string {
  try {
    const { severity, message } = JSON.parse(line);
    if (typeof message === "string") return `${severity ?? "LOG"}  ${message}`;
  } catch {
    // Something else has been printed: it is shown as it is.
  }
  return line;
}
