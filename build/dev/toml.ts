/** A value of wrangler.toml. */
type Toml = string | number | boolean | readonly Toml[] | TomlTable;
export interface TomlTable {
  [key: string]: Toml;
}

const HEADER = /^\[(?<list>\[)?\s*(?<path>[\w-]+(?:\s*\.\s*[\w-]+)*)\s*\]\]?$/;
const PAIR = /^(?:"(?<quoted>[^"]+)"|(?<bare>[\w-]+))\s*=\s*(?<value>.+)$/s;

/**
 * Reads the part of TOML that wrangler.toml is written in: tables, lists of tables, and keys with strings, numbers, booleans and lists
 * of them. (Wrangler itself takes longer to load than everything else together.) Throws an error that names the line.
 */
export function parseToml(text: string): TomlTable {
  const root: TomlTable = {};
  let table = root;
  const lines = text.split("\n").map(withoutComment);
  for (let at = 0; at < lines.length; at += 1) {
    const first = at;
    let line = lines[at] ?? "";
    // A list may go on over several lines.
    while (/=\s*\[/.test(line) && !isClosed(line) && at + 1 < lines.length) {
      at += 1;
      line += lines[at] ?? "";
    }
    if (line === "") continue;
    try {
      const header = HEADER.exec(line)?.groups;
      if (header) table = open(root, (header["path"] ?? "").split(/\s*\.\s*/), header["list"] !== undefined);
      else assign(table, line);
    } catch (cause) {
      throw new Error(`line ${first + 1}: ${JSON.stringify(line)}: ${(cause as Error).message}`, { cause });
    }
  }
  return root;
}

/** Strings may hold a hash. */
function withoutComment(line: string): string {
  return (/^(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'#])*/.exec(line)?.[0] ?? "").trim();
}

function isClosed(line: string): boolean {
  const bare = line.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, "");
  return bare.split("[").length === bare.split("]").length;
}

function open(root: TomlTable, path: readonly string[], isList: boolean): TomlTable {
  let table = root;
  for (const [index, name] of path.entries()) {
    const known = table[name];
    if (isList && index === path.length - 1) {
      const made: TomlTable = {};
      table[name] = [...(Array.isArray(known) ? known : []), made];
      return made;
    }
    const inner = Array.isArray(known) ? known.at(-1) : known;
    const next = typeof inner === "object" ? (inner as TomlTable) : {};
    if (known === undefined) table[name] = next;
    table = next;
  }
  return table;
}

function assign(table: TomlTable, line: string): void {
  const { quoted, bare, value } = PAIR.exec(line)?.groups ?? {};
  const key = quoted ?? bare;
  if (key === undefined || value === undefined) throw new Error("is neither a table nor a key with a value");
  table[key] = readValue(value);
}

/** All values but literal strings, and lists with a comma at the end, are written as in JSON. */
function readValue(text: string): Toml {
  const literal = /^'([^']*)'$/.exec(text)?.[1];
  if (literal !== undefined) return literal;
  const json = text.replace(/,\s*\]/g, "]").replace(/(?<=\d)_(?=\d)/g, "");
  try {
    return JSON.parse(json);
  } catch {
    throw new Error("its value is none that is known here");
  }
}
