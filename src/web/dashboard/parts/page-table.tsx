import type { JSX } from "preact";
import type { ListedPage } from "../data/page-list.ts";
import { cell, number, percent, signed } from "../texts/format.ts";
import { readable } from "../texts/readable.ts";
import { t } from "../texts/text.ts";
import { PageLink } from "./page-link.tsx";
import { useAddress, useDashboard } from "./shared.ts";
import { Spark } from "./spark.tsx";

/** What the table can be sorted by. */
export type Column = "page" | "visits" | "visitors" | "change" | "total";
interface Order {
  readonly column: Column;
  readonly descending: boolean;
}

/** Where a page stands by a column; what is not known stands last. */
function weightOf(row: ListedPage, column: Column): number | null {
  switch (column) {
    case "visits":
      return row.periodVisits;
    case "visitors":
      return row.periodVisitors ?? null;
    case "change":
      return row.before === undefined ? null : row.periodVisits - row.before;
    default:
      return row.visits;
  }
}

/** Rows in the order of a column; equal ones by name. */
export function sorted(rows: readonly ListedPage[], column: Column, descending: boolean): ListedPage[] {
  const sign = descending ? -1 : 1;
  if (column === "page") return rows.toSorted((one, other) => (one.page < other.page ? -sign : sign));
  return rows
    .map((row) => ({ row, weight: weightOf(row, column) }))
    .sort((one, other) => {
      if (one.weight === null || other.weight === null) return Number(one.weight === null) - Number(other.weight === null);
      return sign * (one.weight - other.weight) || (one.row.page < other.row.page ? -1 : 1);
    })
    .map(({ row }) => row);
}

/** Pages as a table; its headers sort it. */
export function PageTable(parts: {
  rows: readonly ListedPage[];
  sort: Order;
  compared: boolean;
  onSort(column: Column): void;
}): JSX.Element {
  const { rows, sort, compared, onSort } = parts;
  const withVisitors = rows.some(({ periodVisitors }) => periodVisitors !== undefined);
  const most = Math.max(1, ...rows.map(({ periodVisits }) => periodVisits));
  const header = (column: Column, name: string) => (
    <th scope="col" aria-sort={column === sort.column ? (sort.descending ? "descending" : "ascending") : "none"} class={`sort-${column}`}>
      <button type="button" onClick={() => onSort(column)}>
        {name} <span aria-hidden="true">{column === sort.column ? (sort.descending ? "↓" : "↑") : "↕"}</span>
      </button>
    </th>
  );
  return (
    <table>
      <caption class="unseen">{t("sortedBy", { column: t(sort.column) })}</caption>
      <thead>
        <tr>
          {header("page", t("page"))}
          <th scope="col" class="trend">
            {t("trend")}
          </th>
          {header("visits", t("visits"))}
          {withVisitors && header("visitors", t("visitors"))}
          {compared && header("change", t("change"))}
          {header("total", t("total"))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.page} row={row} most={most} withVisitors={withVisitors} compared={compared} />
        ))}
      </tbody>
    </table>
  );
}

function Row({
  row,
  most,
  withVisitors,
  compared,
}: {
  row: ListedPage;
  most: number;
  withVisitors: boolean;
  compared: boolean;
}): JSX.Element {
  const { view, site } = useDashboard().state;
  const address = useAddress();
  const name = readable(row.page);
  return (
    <tr>
      <th scope="row">
        <span class="name">
          <a href={address({ page: row.page })} title={row.page} {...(row.page === view.page && { "aria-current": "true" as const })}>
            <bdi>{name}</bdi>
          </a>
          <PageLink site={site ?? ""} page={row.page} label={name} />
        </span>
      </th>
      <td class="trend">
        <Spark points={row.points} />
      </td>
      <td title={number(row.periodVisits)}>
        {cell(row.periodVisits)}
        <span class="share" style={{ width: `${(5 * row.periodVisits) / most}rem` }} />
      </td>
      {withVisitors && <td class="sort-visitors">{row.periodVisitors === undefined ? "–" : cell(row.periodVisitors)}</td>}
      {compared && <td class="sort-change">{changeOf(row)}</td>}
      <td class="sort-total" title={number(row.visits)}>
        {cell(row.visits)}
      </td>
    </tr>
  );
}

function changeOf({ periodVisits, before }: ListedPage): JSX.Element {
  if (before === undefined) return <span title={t("unknownBefore")}>–</span>;
  const change = periodVisits - before;
  return (
    <span title={t("versus", { n: before })}>
      <b class={change > 0 ? "up" : change < 0 ? "down" : ""}>{signed(change)}</b>{" "}
      <small>{before === 0 ? (change > 0 ? t("isNew") : "") : percent(change / before)}</small>
    </span>
  );
}
