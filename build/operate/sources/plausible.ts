import { InvalidInput } from "../../../src/domain/invalid.ts";
import type { Collector } from "./collect.ts";
import { readCsv } from "./read-csv.ts";
import { countOf } from "./read-row.ts";
import type { Source, SourceFile } from "./source.ts";

/** Plausible's ZIP, or its `imported_pages` table alone: page views and visitors by page and day, and the site's visitors by day. */
export const plausible: Source = {
  reads: /(?:^|\/)imported_(?:pages|visitors)[^/]*\.csv$/,
  parse(files, collector) {
    for (const file of files) parseTable(file, collector);
    collector.note("Plausible tells page views and visitors by day, in the site's time zone. A page's visitors are the sum of its days'.");
    collector.note("Its export leaves out what was imported into Plausible from elsewhere.");
  },
};

function parseTable(file: SourceFile, collector: Collector): void {
  const { columns, forEach } = readCsv(file, collector);
  const has = (...names: readonly string[]) => names.every((name) => columns.includes(name));
  if (has("date", "page", "pageviews")) {
    forEach((row) => {
      collector.add({
        where: row.where,
        host: row.get("hostname"),
        page: row.get("page") ?? "",
        visits: row.get("pageviews"),
        visitors: row.get("visitors"),
        day: row.get("date"),
      });
    });
  } else if (has("date", "visitors", "pageviews")) {
    forEach((row) => {
      const [visits, visitors] = [row.get("pageviews"), row.get("visitors")];
      if (countOf(visits) === null || countOf(visitors) === null) collector.leaveOut(row.where, "of the site without a usable number");
      else collector.addSite({ where: row.where, visits, visitors, day: row.get("date") });
    });
  } else {
    throw new InvalidInput(
      `${file.name} has the columns ${columns.join(", ")}; allowed are Plausible's imported_pages and imported_visitors.`,
    );
  }
}
