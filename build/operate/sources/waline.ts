import * as v from "valibot";
import { InvalidInput } from "../../../src/domain/invalid.ts";
import { addCounter } from "./leancloud.ts";
import { parseJson } from "./read-json.ts";
import type { Source } from "./source.ts";

const EXPORT = v.object({ type: v.literal("waline"), data: v.object({ Counter: v.array(v.unknown()) }) });

/** The JSON that Waline's management page exports, with all its tables. */
export const waline: Source = {
  reads: /\.json$/,
  parse(files, collector) {
    for (const { name, text } of files) {
      const found = v.safeParse(EXPORT, parseJson(text));
      if (!found.success) throw new InvalidInput(`${name} is no export of Waline; allowed is its JSON with a table Counter.`);
      for (const [index, value] of found.output.data.Counter.entries()) addCounter(`${name} Counter ${index + 1}`, value, collector);
    }
    collector.note("Waline tells each page's views, without days. Its comments and reactions stay with Waline.");
  },
};
