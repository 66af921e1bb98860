import * as v from "valibot";
import { InvalidInput } from "../../../src/domain/invalid.ts";
import type { Collector } from "./collect.ts";
import { readCsv } from "./read-csv.ts";
import { readJsonLines } from "./read-json.ts";
import type { Source, SourceFile } from "./source.ts";

const PATH = v.object({ id: v.number(), path: v.string(), event: v.optional(v.boolean(), false) });
const STATISTIC = v.object({ hour: v.string(), path_id: v.number(), count: v.unknown() });
const DATE = "YYYY-MM-DD".length;
const CSV_COLUMNS = ["path", "event", "bot", "date"];
/** Of an event: GoatCounter writes `1` and `0`. */
const TRUE = ["1", "true"];

/** GoatCounter's ZIP of JSON Lines (by path and hour), or its CSV of page views, plain or as gzip. */
export const goatcounter: Source = {
  reads: /(?:^|\/)(?:paths|hit_stats)\.jsonl$|\.csv$/,
  parse(files, collector) {
    const paths = files.find(({ name }) => name.endsWith("paths.jsonl"));
    const statistics = files.find(({ name }) => name.endsWith("hit_stats.jsonl"));
    if (paths && statistics) parseStatistics(paths, statistics, collector);
    else for (const file of files) parsePageViews(file, collector);
    collector.note("GoatCounter's days are those of UTC. Its events are not counted.");
  },
};

function parseStatistics(paths: SourceFile, statistics: SourceFile, collector: Collector): void {
  const pages = new Map<number, v.InferOutput<typeof PATH>>();
  for (const { where, value } of readJsonLines(paths, collector)) {
    const path = v.safeParse(PATH, value);
    if (path.success) pages.set(path.output.id, path.output);
    else collector.leaveOut(where, "that name no path");
  }
  for (const { where, value } of readJsonLines(statistics, collector)) {
    const row = v.safeParse(STATISTIC, value);
    const page = row.success ? pages.get(row.output.path_id) : undefined;
    if (!row.success) collector.leaveOut(where, "that are no statistic");
    else if (!page) collector.leaveOut(where, "whose path the export does not name", row.output.count);
    else if (page.event) collector.leaveOut(where, "of events", row.output.count);
    else collector.add({ where, page: page.path, visits: row.output.count, day: row.output.hour.slice(0, DATE) });
  }
  collector.note("The ZIP tells visits, the first view of a page in a session, by hour; it does not tell page views.");
}

function parsePageViews(file: SourceFile, collector: Collector): void {
  const table = readCsv(file, collector);
  // The first column's name begins with the version of the format.
  const path = table.columns[0] ?? "";
  const missing = CSV_COLUMNS.find((column) => !table.columns.includes(column) && path.replace(/^\d+/, "") !== column);
  if (missing) throw new InvalidInput(`${file.name} has no column "${missing}"; allowed is GoatCounter's CSV, or its ZIP of JSON.`);
  table.forEach((row) => {
    if (TRUE.includes(row.get("event") ?? "")) collector.leaveOut(row.where, "of events", 1);
    else if (row.get("bot") !== "0" && row.get("bot") !== "") collector.leaveOut(row.where, "of bots", 1);
    else collector.add({ where: row.where, page: row.get(path) ?? "", visits: 1, day: (row.get("date") ?? "").slice(0, DATE) });
  });
  collector.note("The CSV tells single page views, and only of the time in which GoatCounter kept them.");
}
