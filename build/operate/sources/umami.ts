import * as v from "valibot";
import { InvalidInput } from "../../../src/domain/invalid.ts";
import type { Collector } from "./collect.ts";
import { readCsv, type Table } from "./read-csv.ts";
import { parseJson } from "./read-json.ts";
import type { Source, SourceFile } from "./source.ts";
import { unpackZip } from "./unpack.ts";

const READS = /(?:^|\/)(?:website_event|pages)\.csv$/;
const ANSWER = v.object({ zip: v.string() });
const DATE = "YYYY-MM-DD".length;
/** Of `event_type`. */
const PAGE_VIEW = "1";

/** Umami Cloud's ZIP or the table `website_event` as CSV (single events), else the ZIP of a website's page (totals by path). */
export const umami: Source = {
  reads: READS,
  parse(files, collector) {
    const unpacked = files.flatMap(unpackAnswer).map((file) => ({ file, table: readCsv(file, collector) }));
    const events = unpacked.filter(({ table }) => table.columns.includes("event_type"));
    // Where both are there, they say the same.
    for (const { file, table } of events.length > 0 ? events : unpacked) parseTable(file, table, collector);
  },
};

/** The API answers a ZIP in base64, in JSON. */
function unpackAnswer(file: SourceFile): SourceFile[] {
  const answer = v.safeParse(ANSWER, file.text.startsWith("{") ? parseJson(file.text) : null);
  return answer.success ? unpackZip(file.name, Buffer.from(answer.output.zip, "base64"), READS) : [file];
}

function parseTable({ name }: SourceFile, table: Table, collector: Collector): void {
  if (table.columns.includes("event_type") && table.columns.includes("url_path")) {
    parseEvents(table, collector);
    collector.note("Umami's events tell single page views, and days of UTC. Custom events are not counted.");
  } else if (table.columns.includes("x") && table.columns.includes("y")) {
    table.forEach((row) => {
      collector.add({ where: row.where, page: row.get("x") ?? "", visits: row.get("y") });
    });
    collector.note(
      "pages.csv tells sessions of the whole range by page: no page views, no days, and no more than the 500 pages with the most.",
    );
    collector.note("website_event.csv (Umami Cloud's export, or that table of your database) tells page views and days.");
  } else {
    throw new InvalidInput(`${name} has the columns ${table.columns.join(", ")}; allowed are website_event.csv and pages.csv of Umami.`);
  }
}

function parseEvents(table: Table, collector: Collector): void {
  const seen = new Set<string>();
  table.forEach((row) => {
    const id = row.get("event_id");
    // Exports of overlapping ranges, put together.
    if (id && seen.has(id)) collector.leaveOut(row.where, "of an event that came before", 1);
    else if (row.get("event_type") !== PAGE_VIEW) collector.leaveOut(row.where, "of events", 1);
    else {
      const day = (row.get("created_at") ?? "").slice(0, DATE);
      collector.add({ where: row.where, host: row.get("hostname"), page: row.get("url_path") ?? "", visits: 1, day });
    }
    if (id) seen.add(id);
  });
}
