import { type CsvError, parse } from "csv-parse/sync";
import { InvalidInput } from "../../../src/domain/invalid.ts";
import type { Collector } from "./collect.ts";
import type { SourceFile } from "./source.ts";

/** A row of a table; an absent column is `undefined`. */
interface CsvRow {
  readonly where: string;
  get(column: string): string | undefined;
}

/** A table: its columns, in lower case, and its rows. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
}

const DELIMITERS = [",", ";", "\t"];

/** Reads a table whose first line names its columns; the delimiter is the one of that line. Rows that are no CSV are left out. */
export function readCsv({ name, text }: SourceFile, collector: Collector): Table {
  const header = text.slice(0, text.search(/\r|\n|$/));
  const delimiter = DELIMITERS.toSorted((one, other) => header.split(other).length - header.split(one).length)[0] ?? ",";
  const lines: number[] = [];
  const records = attempt(name, () =>
    parse(text, {
      delimiter,
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_record: (record: string[], { lines: line }) => {
        lines.push(line);
        return record;
      },
      on_skip: (error) => {
        collector.leaveOut(`${name} line ${error?.["lines"] ?? "?"}`, "that are no CSV");
        return undefined;
      },
    }),
  );
  const [first, ...rest] = records;
  const columns = (first ?? []).map((column) => column.trim().toLowerCase());
  return {
    columns,
    rows: rest.map((record, index) => ({ where: `${name} line ${lines[index + 1]}`, get: (column) => record[columns.indexOf(column)] })),
  };
}

function attempt<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new InvalidInput(`${name} is no CSV: ${(error as CsvError).message}.`, { cause: error });
  }
}
