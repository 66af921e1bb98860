/** Rows as CSV (RFC 4180): what has a comma, a quote or a line break is quoted. */
export function fromRows(rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number) => (/[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** Reads CSV: commas, or semicolons or tabs where the first line has more of them. Each row with the number of its first line. */
export function toRows(text: string): { line: number; cells: string[] }[] {
  const first = text.split("\n", 1)[0] ?? "";
  const comma = [",", ";", "\t"].reduce((best, one) => (first.split(one).length > first.split(best).length ? one : best));
  // A cell, quoted or not, and what ends it.
  const cells = new RegExp(`(?:"((?:[^"]|"")*)"|(?!")([^${comma}\\r\\n]*))(${comma}|\\r?\\n|\\r|$)`, "gy");
  const rows: { line: number; cells: string[] }[] = [];
  let row: string[] = [];
  let [line, begun] = [1, 1];
  while (cells.lastIndex < text.length) {
    const found = cells.exec(text);
    // A quote that is not closed, or text behind a closing one.
    if (!found) throw new SyntaxError(String(line));
    const [whole, quoted, plain = "", end] = found;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    line += whole.split("\n").length - 1;
    if (end === comma) continue;
    if (row.some((cell) => cell.trim() !== "")) rows.push({ line: begun, cells: row });
    row = [];
    begun = line;
  }
  if (row.length > 0) rows.push({ line: begun, cells: row });
  return rows;
}

/** Lets the browser save a text as a file. */
export function save(name: string, type: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  link.download = name;
  link.click();
  // Once the browser has begun to read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
