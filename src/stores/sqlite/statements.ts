// A list is bound as one JSON text: a Durable Object takes at most 100 parameters a query.
// The page '' is the whole site: it sorts before every page, and no page's name is empty.

/**
 * Run in order on every open. A mark is a used id; its kind is `visit` (its value is the page), `batch` (the receipt), `addition` (the
 * digest) or `correction`. The index `counter_site` has no totals, so counting does not write to it.
 */
export const SCHEMA: readonly string[] = [
  `create table if not exists counter (site text, page text, visits integer not null, primary key (site, page)) strict, without rowid`,
  `create index if not exists counter_site on counter (site) where page = ''`,
  `create table if not exists day (site text, page text, day text, visits integer not null, primary key (site, page, day))
   strict, without rowid`,
  `create table if not exists unattributed (site text primary key, visits integer not null) strict, without rowid`,
  `create table if not exists mark (site text, kind text, id text, value text not null, expires integer not null,
   primary key (site, kind, id)) strict, without rowid`,
  `create index if not exists mark_expires on mark (expires)`,
];

/** Parameters: site, kind, id, value, expiry. Answers a row where the id was unused. */
export const CLAIM = `insert into mark values (?1, ?2, ?3, ?4, ?5) on conflict do nothing returning id`;

/** Parameters: site, `[{id, page}]`, expiry. Answers the ids that were unused. */
export const CLAIM_VISITS = `
  insert into mark select ?1, 'visit', value ->> 'id', value ->> 'page', ?3 from json_each(?2) where true
  on conflict do nothing returning id`;

/** Parameters: site, `[id]`. Answers the pages that the ids were used for. */
export const CLAIMED_PAGES = `
  select id, value as page from mark where site = ?1 and kind = 'visit' and id in (select value from json_each(?2))`;

/** Parameters: site, kind, id. Answers the value of the mark. */
export const MARK = `select value from mark where site = ?1 and kind = ?2 and id = ?3`;

/** Parameters: now, limit. Deletes expired marks, the oldest first. */
export const FORGET = `
  delete from mark where (site, kind, id) in (select site, kind, id from mark where expires <= ?1 order by expires limit ?2)`;

/** Parameters: site, `[{page, visits, days}]`. */
export const ADD_VISITS = `
  insert into counter select ?1, value ->> 'page', value ->> 'visits' from json_each(?2) where true
  on conflict do update set visits = visits + excluded.visits`;

/** Parameters: site, `[{page, visits, days}]`. Materialized, or SQLite would parse each addition again for each of its days. */
export const ADD_DAYS = `
  with addition as materialized (select value ->> 'page' as page, value -> 'days' as days from json_each(?2))
  insert into day select ?1, page, each.key, each.value from addition, json_each(days) as each where true
  on conflict do update set visits = visits + excluded.visits`;

/** Parameters: site, visits. */
export const ADD_UNATTRIBUTED = `
  insert into unattributed values (?1, ?2) on conflict do update set visits = visits + excluded.visits`;

/** Parameters: site. */
export const UNATTRIBUTED = `select visits from unattributed where site = ?1`;

/** Parameters: site, page. Answers its total and the sum of its days. */
export const COUNTER = `
  select visits, (select coalesce(sum(visits), 0) from day where site = ?1 and page = ?2) as dated
  from counter where site = ?1 and page = ?2`;

/** Parameters: site, page to start behind, limit. */
export const NAMES = `select page from counter where site = ? and page > ? order by page limit ?`;
/** Parameters: site, limit. The first pages of a site. */
export const FIRST_PAGES = `select page, visits from counter where site = ?1 and page > '' order by page limit ?2`;

/** Parameters: site, `[page]`. Deletes the counters. */
export const REMOVE = `delete from counter where site = ?1 and page in (select value from json_each(?2))`;

/** Parameters: site, `[page]`. Subtracts the pages' days from the site's; before `DROP_DAYS`. */
export const TAKE_DAYS = `
  update day set visits = day.visits - gone.visits
  from (select day, sum(visits) as visits from day where site = ?1 and page in (select value from json_each(?2)) group by day) as gone
  where day.site = ?1 and day.page = '' and day.day = gone.day`;

/** Parameters: site, `[page]`. Deletes the pages' days. */
export const DROP_DAYS = `delete from day where site = ?1 and page in (select value from json_each(?2))`;

/** Parameters: site. Deletes what is left of a site without pages. */
export const REMOVE_SITE: readonly string[] = ["counter", "day", "unattributed"].map((table) => `delete from ${table} where site = ?1`);

/** The statements that read numbers; only with visitors they name the tables of theirs. */
export function createReads(visitors: boolean) {
  /** @param days which of them, by the table's `day` */
  const columns = (days: (table: string) => string): string => {
    const byDay = (table: string, column: string): string => `(select json_group_object(day, ${column}) from ${table}
      where ${table}.site = counter.site and ${table}.page = counter.page and ${days(table)} and ${column} > 0)`;
    const own = `page, visits, ${byDay("day", "visits")} as days`;
    return visitors
      ? `${own}, coalesce((select total from visitor where visitor.site = counter.site and visitor.page = counter.page), 0) as visitors,
         ${byDay("visitor_day", "shown")} as visitorDays`
      : own;
  };
  const listed = columns((table) => `${table}.day in (select value from json_each(?3))`);
  const inPeriod = columns((table) => `${table}.day between ?3 and ?4`);
  const unattributed = `coalesce((select visits from unattributed where unattributed.site = counter.site), 0)`;
  const siteVisitors = visitors
    ? `, coalesce((select total from visitor where visitor.site = counter.site and visitor.page = ''), 0) as visitors`
    : "";
  const pages = `select ${inPeriod} from counter where site = ?1`;
  const periodVisits = `(select coalesce(sum(visits), 0) from day
    where day.site = counter.site and day.page = counter.page and day.day between ?3 and ?4)`;

  return {
    /** Parameters: site, `[page]`, `[day]`. `unattributed` is the site's. */
    totals: `select ${listed}, case page when '' then ${unattributed} else 0 end as unattributed
      from counter where site = ?1 and page in (select value from json_each(?2))`,
    sites: `select site, visits, ${unattributed} as unattributed${siteVisitors} from counter where page = '' and visits > 0 order by site`,
    /** Parameters: site, limit, from, to, page to start behind. */
    pages: `${pages} and page > ?5 order by page limit ?2`,
    /** Parameters: site, limit, from, to. */
    top: `${pages} and page > '' order by visits desc, page limit ?2`,
    /** Parameters: site, limit, from, to. */
    topInPeriod: `${pages} and page > '' order by ${periodVisits} desc, page limit ?2`,
    /** Parameters: site, limit, from, to, `[page]`. */
    some: `${pages} and page in (select value from json_each(?5)) order by page limit ?2`,
    /** Parameters: site, limit, from, to, page. */
    one: `${pages} and page = ?5 limit ?2`,
  };
}
