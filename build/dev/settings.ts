import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseEnv } from "node:util";
import { ROOT } from "../root.ts";
import { parseToml, type TomlTable } from "./toml.ts";

/** What a worker is run with, beside its script. */
export interface Settings {
  readonly compatibilityDate: string;
  readonly compatibilityFlags: string[];
  /** Classes by binding. */
  readonly durableObjects: Record<string, { className: string; useSQLite: boolean }>;
  readonly vars: Record<string, string>;
}

/** Settings for a laptop; `[vars]` of wrangler.toml, then `.dev.vars`, override them. */
const DEV_VARS = { SITES: "*", ADMIN_KEY: "dev", PUBLIC_STATS: "true" };

export const WRANGLER_FILE = join(ROOT, "wrangler.toml");
export const VARS_FILE = join(ROOT, ".dev.vars");
const CONFIG_SOURCE = join(ROOT, "src", "config.ts");

/** Reads both files. Throws one line that names the file and what is wrong. */
export async function readSettings(): Promise<Settings> {
  const [toml, own] = await Promise.all([readFile(WRANGLER_FILE, "utf8"), readIfThere(VARS_FILE)]);
  const config = named("wrangler.toml", () => parseToml(toml)) as WranglerConfig;
  const { compatibility_date: compatibilityDate = "", compatibility_flags: compatibilityFlags = [] } = config;
  const vars = Object.entries({ ...DEV_VARS, ...config.vars, ...parseEnv(own) });
  const withSql = (config.migrations ?? []).flatMap((migration) => migration.new_sqlite_classes ?? []);
  const objects = (config.durable_objects?.bindings ?? []).map(({ name, class_name: className }) => [
    name,
    { className, useSQLite: withSql.includes(className) },
  ]);
  return {
    compatibilityDate,
    compatibilityFlags: [...compatibilityFlags],
    durableObjects: Object.fromEntries(objects),
    vars: Object.fromEntries(vars.map(([name, value]) => [name, String(value)])),
  };
}

/** Throws the service's own line about a setting that it would refuse, by its source as it is now. */
export async function checkVars(vars: Settings["vars"], engine: "datastore" | "sqlite"): Promise<void> {
  const { mtimeMs } = await stat(CONFIG_SOURCE);
  const { readWorkerConfig }: typeof import("../../src/config.ts") = await import(`${pathToFileURL(CONFIG_SOURCE)}?${mtimeMs}`);
  readWorkerConfig(vars, engine);
}

/** What is used of wrangler.toml. */
interface WranglerConfig extends TomlTable {
  compatibility_date: string;
  compatibility_flags: readonly string[];
  vars: TomlTable;
  durable_objects: { bindings: readonly { name: string; class_name: string }[] };
  migrations: readonly { new_sqlite_classes: readonly string[] }[];
}

function named<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

async function readIfThere(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
}
