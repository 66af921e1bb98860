import { SourceMap } from "node:module";
import { dirname, relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { ROOT } from "../root.ts";

/** A place in a version of the worker, as it is in a stack. */
const PLACE = /(?:file:\/\/)?\/?(worker-\d+\.js):(\d+):(\d+)/g;
/** An error of a version that is no longer served may still be printed. */
const MAPS_KEPT = 8;

/** Takes what workerd prints. */
export interface Output {
  /** Names the map of a script, and where that would lie. */
  addMap(script: string, json: string, file: string): void;
  /** A text in which places in scripts are those in the sources. */
  toSource(text: string): string;
  readonly take: (...streams: readonly Readable[]) => void;
}

/** Shows what the worker prints: its log lines as people read them, with places in the sources. */
export function createOutput(print: (line: string) => void = console.log): Output {
  const maps = new Map<string, () => SourceMap>();

  function toSource(text: string): string {
    return text.replace(PLACE, (place, script: string, line: string, column: string) => {
      const origin = maps.get(script)?.().findOrigin(Number(line), Number(column));
      return origin && "fileName" in origin ? `${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}` : place;
    });
  }

  return {
    addMap(script, json, file) {
      let map: SourceMap | undefined;
      // Read when it is needed: an edit does not wait for it.
      maps.set(script.replace("/", ""), () => {
        map ??= new SourceMap(withPaths(JSON.parse(json), dirname(file)));
        return map;
      });
      const [oldest] = maps.keys();
      if (maps.size > MAPS_KEPT && oldest !== undefined) maps.delete(oldest);
    },
    toSource,
    take(...streams) {
      for (const input of streams) createInterface({ input }).on("line", (line) => print(toSource(readable(line))));
    },
  };
}

/** A map whose sources are named from the project's folder. */
function withPaths<M extends { sources: string[] }>(map: M, folder: string): M {
  return { ...map, sources: map.sources.map((source) => relative(ROOT, resolve(folder, source))) };
}

/** A line of the service's log is JSON. */
function readable(line: string): string {
  try {
    const { severity, message, ...fields } = JSON.parse(line);
    const sums = Object.entries(fields).flatMap(([name, value]) => (typeof value === "number" ? ` ${name} ${value}` : []));
    if (typeof message === "string") return `${severity ?? "LOG"}  ${message}${sums.join("")}`;
  } catch {
    // Something else has been printed: it is shown as it is.
  }
  return line;
}
