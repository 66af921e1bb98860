import { existsSync, mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { quote } from "../../domain/invalid.ts";
import { ConfigError } from "../../environment.ts";
import type { Row, Sql, SqlValue } from "../../stores/sqlite/sql.ts";
import { createSqliteStore, type SqliteStore } from "../../stores/sqlite/store.ts";

/** How long opening the file waits for another process, and a statement where the caller says nothing else. */
const BUSY_TIMEOUT_MS = 2_000;

/** How a connection uses the file. */
export interface SqliteAccess {
  /** How long a statement waits for another process that writes to it. */
  readonly busyTimeoutMs?: number;
  /** Only for calls that read, of a file that has been opened before: it waits for nobody. */
  readonly readOnly?: boolean;
  /** Whether visitors are estimated. */
  readonly visitors?: boolean;
}

/** The embedded store with its salts. */
export interface EmbeddedStore extends SqliteStore {
  close(): Promise<void>;
}

/**
 * The embedded store in a file, made where it is missing, with its folder. Several processes may have it open. A commit is on the disk
 * when it returns (`synchronous=FULL`). Throws one line that names `SQLITE_PATH` where the file cannot be used.
 */
export function openSqliteStore(path: string, now: () => number = Date.now, access: SqliteAccess = {}): EmbeddedStore {
  const { busyTimeoutMs = BUSY_TIMEOUT_MS, readOnly = false, visitors = false } = access;
  // Loaded here: who counts elsewhere starts without it.
  const sqlite = process.getBuiltinModule("node:sqlite");
  let database: DatabaseSync | undefined;
  try {
    makeFolder(dirname(resolve(path)));
    database = new sqlite.DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, readOnly });
    const opened = database;
    if (!readOnly) whenFree(() => opened.exec("pragma journal_mode = wal; pragma synchronous = full"));
    if (visitors && !readOnly) opened.exec("pragma secure_delete = on");
    // What was deleted stays in the write-ahead log until that is emptied.
    const purge = (): void => opened.exec("pragma wal_checkpoint(truncate)");
    const store = whenFree(() => createSqliteStore(bind(opened, readOnly), { now, visitors, purge }));
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

/** SQLite's code where another connection has the lock: https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;
const RETRY_MS = 10;

/** Of processes that make a file at once, SQLite refuses some without the wait that it has elsewhere: they try again. */
function whenFree<T>(work: () => T): T {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const until = performance.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      return work();
    } catch (error) {
      const isBusy = error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
      if (!isBusy || performance.now() >= until) throw error;
      Atomics.wait(pause, 0, 0, RETRY_MS);
    }
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

function isOutOfRange(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_OUT_OF_RANGE";
}

/** Numbers beyond 2^53, which an older release could add up to, are rounded: so they can be shown, set and removed. */
function readRounded(statement: StatementSync, parameters: readonly SQLInputValue[]): Row[] {
  statement.setReadBigInts(true);
  try {
    return statement.all(...parameters).map((row) => {
      const columns = Object.entries(row).map(([name, value]) => [name, typeof value === "bigint" ? Number(value) : value]);
      return Object.fromEntries(columns);
    });
  } finally {
    statement.setReadBigInts(false);
  }
}

function bind(database: DatabaseSync, readOnly: boolean): Sql {
  const prepared = new Map<string, StatementSync>();
  return {
    exec: <R extends Row>(text: string, ...parameters: SqlValue[]) => {
      const statement = prepared.get(text) ?? database.prepare(text);
      prepared.set(text, statement);
      const values = parameters as SQLInputValue[];
      try {
        return statement.all(...values) as R[];
      } catch (error) {
        if (!isOutOfRange(error)) throw error;
        return readRounded(statement, values) as R[];
      }
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
