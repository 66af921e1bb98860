import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { quote } from "../../domain/invalid.ts";
import type { Store } from "../../domain/store.ts";
import { ConfigError } from "../../environment.ts";
import type { Row, Sql } from "../../stores/sqlite/sql.ts";
import { createSqliteStore } from "../../stores/sqlite/store.ts";

/** How long a statement waits for another process that writes to the same file. */
const BUSY_TIMEOUT_MS = 2_000;

/**
 * The embedded store in a file, made where it is missing, with its folder. Several processes may have it open. A commit is on the disk
 * when it returns (`synchronous=FULL`). Throws one line that names `SQLITE_PATH` where the file cannot be used.
 */
export function openSqliteStore(path: string, now: () => number = Date.now): Store {
  // Loaded here: who counts elsewhere starts without it.
  const sqlite = process.getBuiltinModule("node:sqlite");
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    database = new sqlite.DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    database.exec("pragma journal_mode = wal; pragma synchronous = full");
    const opened = database;
    const store = createSqliteStore(bind(opened), now);
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

function bind(database: DatabaseSync): Sql {
  const prepared = new Map<string, StatementSync>();
  return {
    exec: <R extends Row>(text: string, ...parameters: (string | number | null)[]) => {
      const statement = prepared.get(text) ?? database.prepare(text);
      prepared.set(text, statement);
      return statement.all(...parameters) as R[];
    },
    transaction: (body) => {
      // Takes the write lock at once: a transaction that first reads could not upgrade once another process has written.
      database.exec("begin immediate");
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
