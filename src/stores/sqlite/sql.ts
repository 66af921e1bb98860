/** What a statement takes and answers. */
type SqlValue = string | number | null;

/** A row by its columns' names. */
export type Row = Readonly<Record<string, SqlValue>>;

/** The thin binding to a SQLite database: all that differs between `node:sqlite` and a Durable Object's storage. */
export interface Sql {
  /** Runs one statement to its end and answers its rows. Parameters are bound as `?1`, `?2`, …; throws the binding's own errors. */
  exec<R extends Row>(statement: string, ...parameters: SqlValue[]): R[];
  /** Runs `body`, which writes, as one transaction: durable when this returns, undone when `body` throws. */
  transaction<T>(body: () => T): T;
}
