import { type CsvError, type Options, parse } from "csv-parse/sync";
import { InvalidInput } from "../../../src/domain/invalid.ts";
import type { Collector } from "./collect.ts";
import type { SourceFile } from "./source.ts";

/** A row of a table; an absent column is `undefined`. */
interface CsvRow {
  readonly where: string;
  get(column: string): string | undefined;
}

/** A table, of which one row at a time is held. */
export interface Table {
  /** In lower case. */
  readonly columns: readonly string[];
  forEach(use: (row: CsvRow) => void): void;
}

const DELIMITERS = [",", ";", "\t"];

/** Opens a table whose first line names its columns; the delimiter is the one of that line. Rows that are no CSV are left out. */
export function readCsv({ name, text }: SourceFile, collector: Collector): Table {
  const header = text.slice(0, text.search(/\r|\n|$/));
  const delimiter = DELIMITERS.toSorted((one, other) => header.split(other).length - header.split(one).length)[0] ?? ",";
  const options: Options = { delimiter, bom: true, relax_column_count: true, skip_empty_lines: true };
  const columns = (attempt(name, () => parse(text, { ...options, to: 1 }))[0] ?? []).map((column) => column.trim().toLowerCase());
  return {
    columns,
    forEach(use) {
      parse(text, {
        ...options,
        from: 2,
        skip_records_with_error: true,
        on_record(record: string[], { lines }) {
          use({ where: `${name} line ${lines}`, get: (column) => record[columns.indexOf(column)] });
          // Not kept.
          return null;
        },
        on_skip(error) {
          collector.leaveOut(`${name} line ${error?.["lines"] ?? "?"}`, "that are no CSV");
          return undefined;
        },
      });
    },
  };
}

function attempt<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new InvalidInput(`${name} is no CSV: ${(error as CsvError).message}.`, { cause: error });
  }
}
