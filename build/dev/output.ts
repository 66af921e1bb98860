import { SourceMap } from "node:module";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { shown } from "../root.ts";

/** A place in the bundled worker, as stacks name it. */
const PLACE = /(?:file:\/\/\/)?\bindex\.js:(\d+):(\d+)/g;

/** What workerd prints, on its way to the terminal. */
export interface Output {
  /** Takes over workerd's streams; the option `handleRuntimeStdio` of Miniflare. */
  readonly take: (...streams: readonly Readable[]) => void;
  /** Sets the source map of the worker that prints from now on; `folder` is where it would lie. */
  useMap(json: string, folder: string): void;
  /** Keeps lines back, in the list that it answers, until they are released. */
  capture(): readonly string[];
  release(): void;
}

/** Shows the worker's log as people read it, with places in the TypeScript sources. */
export function createOutput(print: (line: string) => void = console.log): Output {
  let toSource = (text: string): string => text;
  let captured: string[] | null = null;
  return {
    take(...streams) {
      for (const input of streams) {
        createInterface({ input }).on("line", (line) => {
          const text = toSource(readable(line));
          if (captured) captured.push(text);
          else print(text);
        });
      }
    },
    useMap(json, folder) {
      let map: SourceMap | undefined;
      toSource = (text) =>
        text.replace(PLACE, (place, line, column) => {
          // Parsed at the first error: no edit waits for it.
          map ??= new SourceMap(JSON.parse(json));
          const origin = map.findOrigin(Number(line), Number(column));
          return "fileName" in origin ? `${shown(resolve(folder, origin.fileName))}:${origin.lineNumber}:${origin.columnNumber}` : place;
        });
    },
    capture() {
      const lines: string[] = [];
      captured = lines;
      return lines;
    },
    release() {
      captured = null;
    },
  };
}

/** A line of the service's log is JSON: its severity, message and figures. Other lines are shown as they are. */
function readable(line: string): string {
  if (!line.startsWith("{")) return line;
  try {
    const { severity, message, httpRequest, ...fields } = JSON.parse(line);
    const figures = Object.entries({ ...fields, latency: httpRequest?.latency }).filter(([, value]) => /^[\d.]+s?$/.test(String(value)));
    return [`${severity}  ${message}`, ...figures.flat()].join(" ");
  } catch {
    return line;
  }
}
