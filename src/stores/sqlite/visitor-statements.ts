// The page '' is the whole site, as in statements.ts.

/**
 * Run on opening a store with visitors. `register`: the sketches of the last days; the day comes first, so that it is forgotten as one
 * range. `visitor_day`: the estimate of a day and what an import added, the number that is shown of both, and a version that grows
 * whenever a register of that sketch does. `visitor`: the sum of what is shown, and the start value.
 */
export const VISITOR_SCHEMA: readonly string[] = [
  `create table if not exists register (day text, site text, page text, register integer, rank integer not null,
   primary key (day, site, page, register)) strict, without rowid`,
  `create table if not exists visitor_day (site text, page text, day text, estimated integer not null, added integer not null,
   shown integer not null, version integer not null, primary key (site, page, day)) strict, without rowid`,
  `create table if not exists visitor (site text, page text, total integer not null, primary key (site, page)) strict, without rowid`,
  `create table if not exists salt (day text primary key, bytes blob not null) strict, without rowid`,
];

/** Answers a row where visitors have ever been estimated in this database. */
export const HAS_VISITORS = `select name from sqlite_master where name = 'visitor_day'`;

/** Parameters: site, `[[page, day]]`. Answers each with the visits of the day, and what there is of its visitors. */
export const READ_DAYS = `
  select value ->> 0 as page, value ->> 1 as day, coalesce(day.visits, 0) as visits, coalesce(estimated, 0) as estimated,
    coalesce(added, 0) as added, coalesce(shown, 0) as shown, coalesce(version, 0) as version
  from json_each(?2)
  left join day on day.site = ?1 and day.page = value ->> 0 and day.day = value ->> 1
  left join visitor_day on visitor_day.site = ?1 and visitor_day.page = value ->> 0 and visitor_day.day = value ->> 1`;

/** Parameters: site, `[[page, day, estimated, added, shown, version]]`. */
export const WRITE_DAYS = `
  insert or replace into visitor_day
  select ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 from json_each(?2)`;

/** Parameters: site, `[[page, added]]`. */
export const ADD_TOTALS = `
  insert into visitor select ?1, value ->> 0, value ->> 1 from json_each(?2) where true
  on conflict do update set total = total + excluded.total`;

/** Parameters: site, page, day. */
export const READ_REGISTERS = `select register, rank from register where day = ?3 and site = ?1 and page = ?2`;

/** Parameters: site, `[[page, day, register, rank]]`. */
export const WRITE_REGISTERS = `
  insert into register select value ->> 1, ?1, value ->> 0, value ->> 2, value ->> 3 from json_each(?2) where true
  on conflict do update set rank = excluded.rank where excluded.rank > rank`;

/** Parameters: day, limit. Deletes registers of earlier days; answers a row for each. */
export const FORGET_REGISTERS = `
  delete from register where (day, site, page, register) in (select day, site, page, register from register where day < ?1 limit ?2)
  returning register`;

/** Parameters: site, page. Answers all visitors, and those of its days. */
export const VISITORS = `
  select coalesce((select total from visitor where site = ?1 and page = ?2), 0) as total,
    coalesce((select sum(shown) from visitor_day where site = ?1 and page = ?2), 0) as dated`;

/** Parameters: site, page. Its days whose visitors are now more than their visits. */
export const EXCESS_DAYS = `
  select visitor_day.day as day from visitor_day
  left join day on day.site = ?1 and day.page = ?2 and day.day = visitor_day.day
  where visitor_day.site = ?1 and visitor_day.page = ?2 and shown > coalesce(day.visits, 0)`;

/** Parameters: site, `[page]`. Take the visitors of the pages' days away; before `DROP_VISITOR_DAYS`. */
export const TAKE_VISITOR_DAYS = `
  update visitor set total = total - coalesce((select sum(shown) from visitor_day where visitor_day.site = ?1
    and visitor_day.page = visitor.page), 0)
  where site = ?1 and page in (select value from json_each(?2))`;

/** Parameters: site, `[page]`. */
export const DROP_VISITOR_DAYS = `delete from visitor_day where site = ?1 and page in (select value from json_each(?2))`;

/** The few days of `register`, each found by one step in its index. */
const REGISTER_DAYS = `(with recursive days (day) as (
  select min(day) from register union all select (select min(day) from register where register.day > days.day) from days where day is not null
) select day from days)`;

/** Parameters: site, `[page]`. Delete all that is known of the visitors of pages; after `DROP_VISITOR_DAYS`. */
export const REMOVE_VISITORS: readonly string[] = [
  `delete from visitor where site = ?1 and page in (select value from json_each(?2))`,
  `delete from register where site = ?1 and page in (select value from json_each(?2)) and day in ${REGISTER_DAYS}`,
];

/** Parameters: site. Deletes all that is known of a site's visitors. */
export const REMOVE_SITE_VISITORS: readonly string[] = [
  `delete from visitor where site = ?1`,
  `delete from visitor_day where site = ?1`,
  `delete from register where site = ?1 and day in ${REGISTER_DAYS}`,
];

/** Parameters: day, 32 random bytes. */
export const INSERT_SALT = `insert into salt values (?1, ?2) on conflict do nothing`;

/** Parameters: day. */
export const SALT = `select bytes from salt where day = ?1`;

/** Parameters: day. Deletes the salts of earlier days; answers a row for each. */
export const FORGET_SALTS = `delete from salt where day < ?1 returning day`;
