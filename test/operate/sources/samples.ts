import { gzipSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";
import { packTar } from "modern-tar";

/** A small export in the real form of a counter, with odd rows, and what is to become of it in `example.com`. */
export interface Sample {
  readonly from: string;
  readonly what: string;
  readonly bytes: Uint8Array;
  /** Visits by page. */
  readonly pages: Readonly<Record<string, number>>;
  readonly days?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly visitors?: Readonly<Record<string, number>>;
  readonly unattributed?: number;
  readonly siteVisitors?: number;
  /** Rows by the reason why they are left out. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Visits that were left out. */
  readonly lost: number;
}

export const SITE = "example.com";
const BOM = "\ufeff";
const OTHER = `of another host than ${SITE}`;
const NUMBER = "without a usable number";
const PAGE = "without a usable page";
const DAY = "without a usable day";
const ZERO = "with 0 visits";
const HUGE = 1_000_000_000_001;

const jsonLines = (...values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join("");

const COUNTERS = [
  { objectId: "5e1a", url: "/2024/hello/", title: "Hello", time: 120, createdAt: "2024-01-01T00:00:00.000Z" },
  // Valine made a second record of it.
  { objectId: "5e1b", url: "/2024/hello/", title: "Hello", time: 3 },
  { objectId: "5e1c", url: "/2024/你好/", time: 7 },
  { objectId: "5e1d", url: "/2024/%E4%BD%A0%E5%A5%BD/index.html", time: 5 },
  { objectId: "5e1e", url: "https://www.example.com/about?from=feed", time: 11 },
  { objectId: "5e1f", url: "https://preview.example.org/about", time: 2 },
  { objectId: "5e20", url: "/negative/", time: -4 },
  { objectId: "5e21", url: "/huge/", time: HUGE },
  { objectId: "5e22", url: "/text/", time: "many" },
  { objectId: "5e23", url: "/nothing/", time: 0 },
  { objectId: "5e24", url: "/control\u0007/", time: 9 },
  { objectId: "5e25", title: "no page", time: 1 },
];
const OF_COUNTERS = {
  pages: { "/2024/hello": 123, "/2024/%E4%BD%A0%E5%A5%BD": 12, "/about": 11 },
  leftOut: { [OTHER]: 1, [NUMBER]: 3, [ZERO]: 1, [PAGE]: 1, "that are no counter": 1 },
  lost: 11,
};

/** An archive such as LeanCloud's console exports: a file for each class, without a newline at its end. */
export function tarOf(files: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const entries = Object.entries(files).map(([name, text]) => {
    const body = strToU8(text);
    return { header: { name, size: body.length, type: "file" } as const, body };
  });
  return packTar([{ header: { name: "export/", size: 0, type: "directory" } }, ...entries]);
}
const LEANCLOUD_TAR = await tarOf({
  "export/_User.0.jsonl": '#filetype:JSON-streaming {"type":"Class","class":"_User"}\n',
  "export/Comment.0.jsonl": jsonLines({ objectId: "7a", url: "/2024/hello/", comment: "Hello" }),
  "export/Counter.0.jsonl": jsonLines(...COUNTERS.slice(0, 6)).trimEnd(),
  "export/Counter.1.jsonl": `#filetype:JSON-streaming {"type":"Class","class":"Counter"}\n${jsonLines(...COUNTERS.slice(6)).trimEnd()}`,
  "export/Counter_old.0.jsonl": jsonLines(...COUNTERS),
});

const GOAT_PATHS = jsonLines(
  { id: 1, event: false, path: "/", title: "Home" },
  { id: 2, event: false, path: "/post/?ref=feed", title: "Post" },
  { id: 3, event: false, path: "/%62log", title: "Blog" },
  { id: 4, event: true, path: "click-banana", title: "Banana" },
);
const GOAT_STATISTICS = jsonLines(
  { hour: "2026-03-05T19:00:00Z", path_id: 1, ref_id: 1, count: 4 },
  { hour: "2026-03-05T23:00:00Z", path_id: 1, ref_id: 2, count: 2 },
  { hour: "2026-03-06T00:00:00Z", path_id: 1, ref_id: 1, count: 1 },
  { hour: "2026-03-06T01:00:00Z", path_id: 2, ref_id: 1, count: 10 },
  { hour: "2026-03-06T02:00:00Z", path_id: 3, ref_id: 1, count: 8 },
  { hour: "2026-03-06T02:00:00Z", path_id: 4, ref_id: 1, count: 5 },
  { hour: "2026-03-06T02:00:00Z", path_id: 99, ref_id: 1, count: 6 },
  { hour: "2026-03-06T02:00:00Z", path_id: 1, ref_id: 1, count: -1 },
  { hour: "yesterday at noon", path_id: 1, ref_id: 1, count: 3 },
);

/** As GoatCounter writes it: flags are 1 and 0; one row has `true`. */
const GOAT_CSV = [
  "2Path,Title,Event,UserAgent,Browser,System,Session,Bot,Referrer,Referrer scheme,Screen size,Location,FirstVisit,Date",
  '/,"Home, sweet ""home""",0,Mozilla/5.0,Chrome 120,Linux,1fc,0,,,"1920,1080,1",DE,1,2026-07-09T01:00:00Z',
  "/,Home,0,,Chrome 120,Linux,1fc,0,,,,DE,0,2026-07-09T01:05:00Z",
  "/post/,Post,0,,Firefox,Linux,2ab,0,www.reddit.com,h,,DE,1,2026-07-10T23:59:59Z",
  "download,Download,1,,Firefox,Linux,2ab,0,,,,DE,1,2026-07-10T23:59:59Z",
  "click,Click,true,,Firefox,Linux,2ab,0,,,,DE,true,2026-07-10T23:59:59Z",
  "/post/,Post,0,,,,3cd,151,,,,US,1,2026-07-10T23:59:59Z",
  "/post/,Post,0,,Firefox,Linux,2ab,0,,,,DE,1,not a date",
].join("\r\n");

const PLAUSIBLE_PAGES = [
  '"date","hostname","page","visits","visitors","pageviews"',
  '"2023-02-09","example.com","/docs",8,8,9',
  '"2023-02-10","www.example.com","/docs/",5,4,6',
  '"2023-02-10","example.com","/docs",1,1,1',
  '"2023-02-10","example.com","/%E4%BD%A0",1,1,2',
  '"2023-02-10","blog.example.com","/docs",7,7,7',
  '"2023-02-10","example.com","/docs",1,1,-2',
  `"2023-02-10","example.com","/docs",1,1,${HUGE}`,
  '"2023-13-01","example.com","/docs",1,1,4',
].join("\n");
const PLAUSIBLE_VISITORS = [
  '"date","visitors","pageviews","bounces","visits","visit_duration"',
  '"2023-02-09",8,9,1,8,100',
  '"2023-02-10",9,40,1,12,100',
].join("\n");
const OF_PLAUSIBLE = {
  pages: { "/docs": 16, "/%E4%BD%A0": 2 },
  days: { "/docs": { "2023-02-09": 9, "2023-02-10": 7 }, "/%E4%BD%A0": { "2023-02-10": 2 } },
  visitors: { "/docs": 13, "/%E4%BD%A0": 1 },
  leftOut: { [OTHER]: 1, [NUMBER]: 2, [DAY]: 1 },
  lost: 11,
};

const UMAMI_EVENTS = [
  "website_id,session_id,visit_id,event_id,hostname,url_path,url_query,event_type,event_name,created_at",
  "w,s1,v1,e1,example.com,/,,1,,2026-09-21 10:00:00",
  "w,s1,v1,e2,example.com,/post/,,1,,2026-09-21 23:59:59",
  "w,s2,v2,e3,example.com,/post,a=1,1,,2026-09-22 00:00:00",
  "w,s2,v2,e3,example.com,/post,a=1,1,,2026-09-22 00:00:00",
  "w,s2,v2,e4,example.com,/post,,2,signup,2026-09-22 00:00:00",
  "w,s2,v2,e5,localhost,/post,,1,,2026-09-22 00:00:00",
  "w,s2,v2,e6,example.com,,,1,,2026-09-22 00:00:00",
].join("\n");
const UMAMI_PAGES = ["x,y", "/,42", "/post/,7", "/post,1", '"/a,b",2', "/negative,-3"].join("\r\n");
const OF_UMAMI_PAGES = { pages: { "/": 42, "/post": 8, "/a,b": 2 }, leftOut: { [NUMBER]: 1 }, lost: 0 };
const UMAMI_ZIP = zipSync({ "pages.csv": strToU8(UMAMI_PAGES), "browsers.csv": strToU8("x,y\nchrome,42\n") });

const CSV = [
  "Page;Views;Date;Visitors",
  "/a;12;2025-01-02;3",
  "/a/;3;2025-01-03;1",
  '"/b;c";1;2024-01-01;',
  "https://other.example/x;5;2025-01-01;1",
  "/%2e%2e/d;2;2025-01-01;1",
  "/negative;-4;2025-01-01;1",
  "/fraction;1.5;2025-01-01;1",
  `/huge;${HUGE};2025-01-01;1`,
  "/day;7;2025-02-30;1",
  ";8;2025-01-01;1",
].join("\r\n");

/** A sample of each form of each counter that exports files. */
export const SAMPLES: readonly Sample[] = [
  { from: "leancloud", what: "an array", bytes: strToU8(JSON.stringify(COUNTERS)), ...OF_COUNTERS },
  {
    from: "leancloud",
    what: "JSON Lines with a comment, a BOM, CRLF and a cut line, with Fluid's totals",
    bytes: strToU8(
      `${BOM}#filetype:JSON-streaming {"type":"Class","class":"Counter"}\r\n${jsonLines(
        ...COUNTERS,
        { objectId: "6a", target: "site-pv", time: 200 },
        { objectId: "6b", target: "site-uv", time: 50 },
        { objectId: "6c", target: "/fluid/", time: 6 },
      ).replaceAll("\n", "\r\n")}{"objectId":`,
    ),
    ...OF_COUNTERS,
    pages: { ...OF_COUNTERS.pages, "/fluid": 6 },
    leftOut: { ...OF_COUNTERS.leftOut, "that are no JSON": 1 },
    // 200 − 152 of its pages − 11 that were left out
    unattributed: 37,
    siteVisitors: 50,
  },
  { from: "leancloud", what: "an answer of the API", bytes: strToU8(JSON.stringify({ results: COUNTERS })), ...OF_COUNTERS },
  { from: "leancloud", what: "its console's .tar.gz", bytes: gzipSync(LEANCLOUD_TAR), ...OF_COUNTERS },
  { from: "leancloud", what: "a tar", bytes: LEANCLOUD_TAR, ...OF_COUNTERS },
  {
    from: "waline",
    what: "its JSON",
    bytes: strToU8(
      BOM +
        JSON.stringify({
          type: "waline",
          version: 1,
          tables: ["Comment", "Counter"],
          data: { Comment: [{ url: "/x" }], Counter: COUNTERS },
        }),
    ),
    ...OF_COUNTERS,
  },
  {
    from: "goatcounter",
    what: "its ZIP of JSON",
    bytes: zipSync({
      "goatcounter/info.json": strToU8("{}"),
      "goatcounter/paths.jsonl": strToU8(GOAT_PATHS),
      "goatcounter/hit_stats.jsonl": strToU8(GOAT_STATISTICS),
    }),
    pages: { "/": 7, "/post": 10, "/blog": 8 },
    days: { "/": { "2026-03-05": 6, "2026-03-06": 1 }, "/post": { "2026-03-06": 10 }, "/blog": { "2026-03-06": 8 } },
    leftOut: { "of events": 1, "whose path the export does not name": 1, [NUMBER]: 1, [DAY]: 1 },
    lost: 14,
  },
  {
    from: "goatcounter",
    what: "its CSV as gzip",
    bytes: gzipSync(GOAT_CSV),
    pages: { "/": 2, "/post": 1 },
    days: { "/": { "2026-07-09": 2 }, "/post": { "2026-07-10": 1 } },
    leftOut: { "of events": 2, "of bots": 1, [DAY]: 1 },
    lost: 4,
  },
  { from: "plausible", what: "imported_pages alone", bytes: strToU8(BOM + PLAUSIBLE_PAGES.replaceAll("\n", "\r\n")), ...OF_PLAUSIBLE },
  {
    from: "plausible",
    what: "its ZIP",
    bytes: zipSync({
      "imported_pages_20230209_20230210.csv": strToU8(PLAUSIBLE_PAGES),
      "imported_visitors_20230209_20230210.csv": strToU8(PLAUSIBLE_VISITORS),
      "imported_browsers_20230209_20230210.csv": strToU8("date,browser\n"),
    }),
    ...OF_PLAUSIBLE,
    // 49 − 18 of its pages − 11 that were left out
    unattributed: 20,
    siteVisitors: 17,
  },
  {
    from: "umami",
    what: "the cloud's ZIP",
    bytes: zipSync({ "export/website_event.csv": strToU8(UMAMI_EVENTS), "export/event_data.csv": strToU8("a,b\n") }),
    pages: { "/": 1, "/post": 2 },
    days: { "/": { "2026-09-21": 1 }, "/post": { "2026-09-21": 1, "2026-09-22": 1 } },
    leftOut: { "of an event that came before": 1, "of events": 1, [OTHER]: 1, [PAGE]: 1 },
    lost: 4,
  },
  { from: "umami", what: "pages.csv", bytes: strToU8(UMAMI_PAGES), ...OF_UMAMI_PAGES },
  {
    from: "umami",
    what: "its API's answer",
    bytes: strToU8(JSON.stringify({ zip: Buffer.from(UMAMI_ZIP).toString("base64") })),
    ...OF_UMAMI_PAGES,
  },
  {
    from: "csv",
    what: "a spreadsheet's, with a BOM, CRLF and semicolons",
    bytes: strToU8(BOM + CSV),
    pages: { "/a": 15, "/b;c": 1, "/d": 2 },
    days: { "/a": { "2025-01-02": 12, "2025-01-03": 3 }, "/b;c": { "2024-01-01": 1 }, "/d": { "2025-01-01": 2 } },
    visitors: { "/a": 4, "/d": 1 },
    leftOut: { [OTHER]: 1, [NUMBER]: 3, [DAY]: 1, [PAGE]: 1 },
    lost: 20,
  },
];
