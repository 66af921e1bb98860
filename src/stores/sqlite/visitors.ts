import { addDays } from "../../domain/day.ts";
import type { Addition, Visit } from "../../domain/store.ts";
import { sumOf } from "../../domain/tally.ts";
import { createSketchCopies, type SketchCopy } from "../../domain/visitors/copies.ts";
import { estimate } from "../../domain/visitors/estimator.ts";
import { grow, type Place, Sketch } from "../../domain/visitors/sketch.ts";
import { placesOf } from "../../domain/visitors/visitor.ts";
import type { Sql } from "./sql.ts";
import * as statements from "./visitor-statements.ts";

/** Sketches that are kept in memory: 8 to 16 MB. */
const COPIES = 2_000;
/** Registers of past days that a write deletes. */
const FORGOTTEN_PER_WRITE = 2_000;

/** What a write changes of a counter's visitors on a day. */
interface Change {
  /** Of a page, or of the site (`""`). */
  readonly page: string;
  readonly day: string;
  readonly places: readonly Place[];
  readonly added: number;
}

type DayRow = { page: string; day: string; visits: number; estimated: number; added: number; shown: number; version: number };

/** The visitors of a database's counters: called within its transactions. */
export interface Visitors {
  /** Adds the visitors of visits that were counted; answers what to do once the transaction is durable. */
  count(site: string, visits: readonly Visit[]): () => void;
  /** Adds an import's, after its visits. */
  add(site: string, additions: readonly Addition[]): void;
  /** All visitors of a page or of the site (`""`), and those of its days. */
  totals(site: string, page: string): { total: number; dated: number };
  /** Sets the start value: the visitors that no day has. */
  setStart(site: string, page: string, start: number): void;
}

/** @param now milliseconds since 1970 */
export function createVisitors(sql: Sql, now: () => number): Visitors {
  for (const statement of statements.VISITOR_SCHEMA) sql.exec(statement);
  const copies = createSketchCopies<SketchCopy>(COPIES);
  /** The day whose predecessors' registers are being forgotten; `null` when all are. */
  let forgetting: string | null = null;
  let newestDay = "";

  /** The sketch as the database has it: the copy's, unless another process has let it grow. */
  function sketchOf(site: string, { page, day, version }: DayRow): Sketch {
    const copy = copies.get(site, page, day);
    if (copy?.epoch === version && version > 0) return copy.sketch;
    const sketch = new Sketch();
    for (const place of sql.exec<{ register: number; rank: number }>(statements.READ_REGISTERS, site, page, day)) sketch.add(place);
    return sketch;
  }

  /** Applies changes; answers the sketches to keep. */
  function apply(site: string, changes: readonly Change[]): (() => void)[] {
    const rows = sql.exec<DayRow>(statements.READ_DAYS, site, JSON.stringify(changes.map(({ page, day }) => [page, day])));
    const byName = new Map(rows.map((row) => [`${row.day} ${row.page}`, row]));
    const registers: [string, string, number, number][] = [];
    const days: (string | number)[][] = [];
    const totals = new Map<string, number>();
    const kept: (() => void)[] = [];
    for (const { page, day, places, added } of changes) {
      const row = byName.get(`${day} ${page}`);
      if (!row || (places.length === 0 && added === 0 && row.version === 0)) continue;
      let { estimated, version } = row;
      if (places.length > 0) {
        const { sketch, grown } = grow(sketchOf(site, row), places);
        for (const { register, rank } of grown) registers.push([page, day, register, rank]);
        estimated = Math.max(estimated, estimate(sketch));
        if (grown.length > 0 || version === 0) version = Math.max(now(), version + 1);
        const copy = { sketch, epoch: version, readAt: now() };
        kept.push(() => copies.set(site, page, day, copy));
      }
      const all = row.added + added;
      const shown = Math.min(row.visits, estimated + all);
      if (estimated !== row.estimated || all !== row.added || shown !== row.shown || version !== row.version) {
        days.push([page, day, estimated, all, shown, Math.max(version, 1)]);
      }
      totals.set(page, (totals.get(page) ?? 0) + shown - row.shown);
    }
    if (registers.length > 0) sql.exec(statements.WRITE_REGISTERS, site, JSON.stringify(registers));
    if (days.length > 0) sql.exec(statements.WRITE_DAYS, site, JSON.stringify(days));
    addTotals(site, totals);
    return kept;
  }

  function addTotals(site: string, totals: Iterable<readonly [string, number]>): void {
    const changed = [...totals].filter(([, added]) => added !== 0);
    if (changed.length > 0) sql.exec(statements.ADD_TOTALS, site, JSON.stringify(changed));
  }

  function forget(day: string): void {
    if (day > newestDay) {
      newestDay = day;
      forgetting = addDays(day, -1);
    }
    if (forgetting === null) return;
    if (sql.exec(statements.FORGET_REGISTERS, forgetting, FORGOTTEN_PER_WRITE).length < FORGOTTEN_PER_WRITE) forgetting = null;
  }

  return {
    count(site, visits) {
      const changes = new Map<string, Change>();
      const name = (page: string, day: string): string => `${day} ${page}`;
      // Also without a visitor a visit may let more of an estimate be shown.
      for (const { page, day } of visits) {
        for (const one of ["", page]) changes.set(name(one, day), { page: one, day, places: [], added: 0 });
      }
      for (const { page, day, places } of placesOf(visits)) {
        changes.set(name(page ?? "", day), { page: page ?? "", day, places, added: 0 });
      }
      const kept = apply(site, [...changes.values()]);
      for (const day of new Set(visits.map((visit) => visit.day))) forget(day);
      return () => {
        for (const keep of kept) keep();
      };
    },
    add(site, additions) {
      const changes: Change[] = [];
      const totals: [string, number][] = [];
      const siteDays = new Set<string>();
      for (const { page, days, visitors, visitorDays } of additions) {
        for (const day of new Set([...Object.keys(days), ...Object.keys(visitorDays)])) {
          if (page !== null) siteDays.add(day);
          changes.push({ page: page ?? "", day, places: [], added: visitorDays[day] ?? 0 });
        }
        totals.push([page ?? "", visitors - sumOf(visitorDays)]);
      }
      const own = new Set(changes.filter(({ page }) => page === "").map(({ day }) => day));
      for (const day of siteDays) if (!own.has(day)) changes.push({ page: "", day, places: [], added: 0 });
      apply(site, changes);
      addTotals(site, totals);
    },
    totals(site, page) {
      return sql.exec<{ total: number; dated: number }>(statements.VISITORS, site, page)[0] ?? { total: 0, dated: 0 };
    },
    setStart(site, page, start) {
      const { total, dated } = sql.exec<{ total: number; dated: number }>(statements.VISITORS, site, page)[0] ?? { total: 0, dated: 0 };
      addTotals(site, [[page, start - (total - dated)]]);
    },
  };
}

/** What administration takes away, also where visitors were estimated once and are off now. */
export interface VisitorCleaning {
  /** Drops the days of pages; their sketches stay, as who was here today is not new. */
  dropDays(site: string, pages: readonly string[]): void;
  /** Removes pages whose days were dropped; their visitors stay in the site's sketch. */
  removePages(site: string, pages: readonly string[]): void;
  removeSite(site: string): void;
}

export function createVisitorCleaning(sql: Sql): VisitorCleaning {
  /** A site's days lost visits: no day shows more visitors than visits. */
  function capSite(site: string): void {
    const excess = sql.exec<{ day: string }>(statements.EXCESS_DAYS, site, "").map(({ day }) => ["", day]);
    if (excess.length === 0) return;
    let change = 0;
    const days = sql.exec<DayRow>(statements.READ_DAYS, site, JSON.stringify(excess)).map((row) => {
      change += row.visits - row.shown;
      return ["", row.day, row.estimated, row.added, row.visits, row.version];
    });
    sql.exec(statements.WRITE_DAYS, site, JSON.stringify(days));
    sql.exec(statements.ADD_TOTALS, site, JSON.stringify([["", change]]));
  }

  function dropDays(site: string, pages: readonly string[]): void {
    const names = JSON.stringify(pages);
    sql.exec(statements.TAKE_VISITOR_DAYS, site, names);
    sql.exec(statements.DROP_VISITOR_DAYS, site, names);
    capSite(site);
  }

  return {
    dropDays,
    removePages(site, pages) {
      for (const statement of statements.REMOVE_VISITORS) sql.exec(statement, site, JSON.stringify(pages));
    },
    removeSite(site) {
      for (const statement of statements.REMOVE_SITE_VISITORS) sql.exec(statement, site);
    },
  };
}
