import { InvalidInput } from "../../../src/domain/invalid.ts";
import { readCsv } from "./read-csv.ts";
import type { Source } from "./source.ts";

const NAMES = {
  page: ["page", "path", "url", "target"],
  visits: ["visits", "views", "pageviews", "hits", "count", "time"],
  day: ["day", "date"],
  visitors: ["visitors", "uniques"],
} as const;

/** Any table whose first line names its columns: a page and a number, and perhaps a day and visitors. */
export const csv: Source = {
  reads: /\.csv$/,
  parse(files, collector) {
    for (const file of files) {
      const { columns, forEach } = readCsv(file, collector);
      const [page, visits, day, visitors] = [NAMES.page, NAMES.visits, NAMES.day, NAMES.visitors].map((names) =>
        names.find((name) => columns.includes(name)),
      );
      if (page === undefined || visits === undefined) {
        const allowed = `a column ${NAMES.page.join(", ")} and a column ${NAMES.visits.join(", ")}`;
        throw new InvalidInput(`${file.name} has the columns ${columns.join(", ")}; allowed is ${allowed}.`);
      }
      forEach((row) => {
        collector.add({
          where: row.where,
          page: row.get(page) ?? "",
          visits: row.get(visits),
          // An empty cell tells nothing.
          ...(day && { day: row.get(day) || undefined }),
          ...(visitors && { visitors: row.get(visitors) || undefined }),
        });
      });
      collector.note(`The column "${visits}" was taken for the visits${day ? `, "${day}" for the day` : "; there is no column of days"}.`);
    }
  },
};
