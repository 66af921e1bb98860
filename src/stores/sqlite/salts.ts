import { newSalt, oldestKept, type SaltStore } from "../../domain/visitors/salts.ts";
import { attempt } from "./failure.ts";
import type { Sql } from "./sql.ts";
import * as statements from "./visitor-statements.ts";

/**
 * The salts of a database: one a day for all its sites. Needs the tables of `createVisitors`.
 *
 * @param purge destroys what a binding may still have of deleted rows
 */
export function createSqliteSalts(sql: Sql, purge: () => void): SaltStore {
  const read = (day: string): Uint8Array | null => {
    const [row] = sql.exec<{ bytes: Uint8Array | ArrayBuffer }>(statements.SALT, day);
    return row ? new Uint8Array(row.bytes) : null;
  };
  const forget = (today: string): boolean => sql.exec(statements.FORGET_SALTS, oldestKept(today)).length > 0;

  return {
    salt: (_, day) =>
      attempt(() => {
        const known = read(day);
        if (known) return known;
        const fresh = newSalt();
        const { salt, deleted } = sql.transaction(() => {
          sql.exec(statements.INSERT_SALT, day, fresh);
          return { salt: read(day), deleted: forget(day) };
        });
        if (deleted) purge();
        return salt ?? fresh;
      }),
    forget: (_, today) =>
      attempt(() => {
        sql.transaction(() => forget(today));
        purge();
      }),
  };
}
