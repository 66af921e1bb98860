import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { quote } from "../../domain/invalid.ts";
import type { Store } from "../../domain/store.ts";
import { ConfigError } from "../../environment.ts";
import type { Row, Sql } from "../../stores/sqlite/sql.ts";
import { createSqliteStore } from "../../stores/sqlite/store.ts";

/** How long opening the file waits for another process, and a statement where the caller says nothing else. */
const BUSY_TIMEOUT_MS = 2_000;

/** How a connection uses the file. */
export interface SqliteAccess {
  /** How long a statement waits for another process that writes to it. */
  readonly busyTimeoutMs?: number;
  /** Only for calls that read, of a file that has been opened before: it waits for nobody. */
  readonly readOnly?: boolean;
}

/**
 * The embedded store in a file, made where it is missing, with its folder. Several processes may have it open. A commit is on the disk
 * when it returns (`synchronous=FULL`). Throws one line that names `SQLITE_PATH` where the file cannot be used.
 */
export function openSqliteStore(path: string, now: () => number = Date.now, access: SqliteAccess = {}): Store {
  const { busyTimeoutMs = BUSY_TIMEOUT_MS, readOnly = false } = access;
  // Loaded here: who counts elsewhere starts without it.
  const sqlite = process.getBuiltinModule("node:sqlite");
  let database: DatabaseSync | undefined;
  try {
    makeFolder(dirname(resolve(path)));
    database = new sqlite.DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, readOnly });
    if (!readOnly) database.exec("pragma journal_mode = wal; pragma synchronous = full");
    const opened = database;
    const store = createSqliteStore(bind(opened, readOnly), now);
    opened.exec(`pragma busy_timeout = ${busyTimeoutMs}`);
    return {
      ...store,
      close: async () => {
        if (opened.isOpen) opened.close();
      },
    };
  } catch (cause) {
    database?.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`SQLITE_PATH is ${quote(path)} (${reason}); allowed is a file, present or new, that this process may write to.`);
  }
}

/** Makes a folder and those above it. Node's own `recursive` never ends below `/proc`. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!existsSync(path)) throw error;
  }
}

function bind(database: DatabaseSync, readOnly: boolean): Sql {
  const prepared = new Map<string, StatementSync>();
  return {
    exec: <R extends Row>(text: string, ...parameters: (string | number | null)[]) => {
      const statement = prepared.get(text) ?? database.prepare(text);
      prepared.set(text, statement);
      return statement.all(...parameters) as R[];
    },
    transaction: (body) => {
      // Takes the write lock at once: a transaction that first reads could not upgrade once another process has written.
      database.exec(readOnly ? "begin" : "begin immediate");
      try {
        const result = body();
        database.exec("commit");
        return result;
      } catch (error) {
        if (database.isTransaction) database.exec("rollback");
        throw error;
      }
    },
  };
}
