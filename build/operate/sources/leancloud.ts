import * as v from "valibot";
import { InvalidInput } from "../../../src/domain/invalid.ts";
import type { Collector } from "./collect.ts";
import { type JsonRecord, parseJson, readJsonLines } from "./read-json.ts";
import type { Source, SourceFile } from "./source.ts";

const COUNTER = v.object({ url: v.optional(v.string()), target: v.optional(v.string()), time: v.unknown() });

/**
 * The class `Counter` as LeanCloud's console exports it (a .tar.gz of JSON Lines, a file for each class), a JSON array, or an answer of its
 * API. Fluid names pages `target`.
 */
export const leancloud: Source = {
  reads: /(?:^|\/)Counter\b[^/]*\.jsonl?$/,
  parse(files, collector) {
    const records = files.flatMap((file) => recordsOf(file, collector));
    for (const { where, value } of records) addCounter(where, value, collector);
    collector.note("LeanCloud tells each page's total, without days. What a visit is, the theme decided: mostly each page view.");
    collector.note("Records of the same page are added up.");
  },
};

/** Adds a record of a class `Counter`, LeanCloud's or Waline's. */
export function addCounter(where: string, value: unknown, collector: Collector): void {
  const counter = v.safeParse(COUNTER, value);
  const { url, target = null, time = null } = counter.success ? counter.output : {};
  const page = url ?? target;
  if (page === null) collector.leaveOut(where, "that are no counter");
  else if (page === "site-pv") collector.addSite({ where, visits: time });
  else if (page === "site-uv") collector.addSite({ where, visitors: time });
  else collector.add({ where, page, visits: time });
}

function recordsOf(file: SourceFile, collector: Collector): JsonRecord[] {
  const whole = parseJson(file.text);
  const list = Array.isArray(whole) ? whole : v.is(v.object({ results: v.array(v.unknown()) }), whole) ? whole.results : null;
  if (list) return list.map((value: unknown, index) => ({ where: `${file.name} record ${index + 1}`, value }));
  const records = readJsonLines(file, collector);
  if (records.length === 0) throw new InvalidInput(`${file.name} holds no JSON; allowed is the class Counter, exported as JSON.`);
  return records;
}
