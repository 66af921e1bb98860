/** A parameter of a statement, or a column of a row. */
export type SqlValue = string | number | null | Uint8Array | ArrayBuffer;

/** A row, by column name. */
export type Row = Readonly<Record<string, SqlValue>>;

/** A SQLite database: the part that differs between `node:sqlite` and a Durable Object's storage. */
export interface Sql {
  /** Runs one statement and answers all its rows. Parameters are bound as `?1`, `?2`, …; throws the binding's own errors. */
  exec<R extends Row>(statement: string, ...parameters: SqlValue[]): R[];
  /** Runs `body` as one write transaction: durable when this returns, rolled back when `body` throws. */
  transaction<T>(body: () => T): T;
}
