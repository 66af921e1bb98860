import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { parse, TomlError } from "smol-toml";
import * as v from "valibot";
import { ROOT } from "../root.ts";

/** What a worker runs with, beside its script. */
export interface Settings {
  readonly compatibilityDate: string;
  readonly compatibilityFlags: string[];
  /** Classes by binding. */
  readonly durableObjects: Record<string, { className: string; useSQLite: boolean }>;
  readonly vars: Record<string, string>;
}

/** Settings for a laptop; `[vars]` of wrangler.toml, then `.dev.vars`, override them. */
const DEV_VARS = { SITES: "*", ADMIN_KEY: "dev", PUBLIC_STATS: "true", VISITS_PER_MINUTE: "0" };

export const WRANGLER_FILE = join(ROOT, "wrangler.toml");
export const VARS_FILE = join(ROOT, ".dev.vars");

/** What the loop uses of wrangler.toml. */
const wranglerSchema = v.object({
  compatibility_date: v.string(),
  compatibility_flags: v.optional(v.array(v.string()), []),
  vars: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])), {}),
  durable_objects: v.optional(v.object({ bindings: v.array(v.object({ name: v.string(), class_name: v.string() })) }), { bindings: [] }),
  migrations: v.optional(v.array(v.object({ new_sqlite_classes: v.optional(v.array(v.string()), []) })), []),
});

/** Reads wrangler.toml and `.dev.vars`. Throws an error of one line that names the file and what is wrong. */
export async function readSettings(): Promise<Settings> {
  const [config, own] = await Promise.all([readWrangler(), readVars()]);
  const withSql = config.migrations.flatMap((migration) => migration.new_sqlite_classes);
  const objects = config.durable_objects.bindings.map(({ name, class_name: className }) => [
    name,
    { className, useSQLite: withSql.includes(className) },
  ]);
  // An empty value counts as absent, as in the service: `SITES = ""` of wrangler.toml is for the button that asks for it.
  const given = [config.vars, own].flatMap((some) => Object.entries(some).filter(([, value]) => value !== ""));
  const vars = Object.entries({ ...DEV_VARS, ...Object.fromEntries(given) });
  return {
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    durableObjects: Object.fromEntries(objects),
    vars: Object.fromEntries(vars.map(([name, value]) => [name, String(value)])),
  };
}

async function readWrangler(): Promise<v.InferOutput<typeof wranglerSchema>> {
  const text = await readFile(WRANGLER_FILE, "utf8").catch((error: Error) => refuse("wrangler.toml", error.message));
  try {
    return v.parse(wranglerSchema, parse(text));
  } catch (error) {
    if (error instanceof TomlError) refuse(`wrangler.toml:${error.line}:${error.column}`, error.message.split("\n", 1)[0]);
    if (v.isValiError(error)) refuse("wrangler.toml", `${v.getDotPath(error.issues[0])}: ${error.message}`);
    throw error;
  }
}

/** The variables of `.dev.vars`; none without that file. */
async function readVars(): Promise<NodeJS.Dict<string>> {
  const bytes = await readFile(VARS_FILE).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return new Uint8Array();
    return refuse(".dev.vars", error.code === "EISDIR" ? "is a folder; allowed is a file with lines NAME=value" : error.message);
  });
  const text = decode(bytes);
  // A quoted value may go on over several lines.
  const lines = text.replace(/=[ \t]*(["'`])[\s\S]*?\1/g, (value) => `=${"\n".repeat(value.split("\n").length - 1)}`).split("\n");
  const bad = lines.findIndex((line) => !/^\s*(?:#|$)|=/.test(line));
  // It may be a part of a secret: it is not shown.
  if (bad >= 0) refuse(`.dev.vars:${bad + 1}`, "has no =; allowed are lines NAME=value, and comments that begin with #");
  return parseEnv(text);
}

/** Throws where the bytes are not UTF-8; a NUL is how UTF-16 without a mark looks. Leaves a byte order mark out. */
function decode(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // As below.
  }
  return refuse(".dev.vars", "is not text in UTF-8; save it in that encoding");
}

function refuse(file: string, problem = "cannot be read"): never {
  throw new Error(`${file}: ${problem}`);
}
