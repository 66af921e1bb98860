import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Collected } from "../../../build/operate/sources/collect.ts";
import { convert, SOURCE_NAMES } from "../../../build/operate/sources/convert.ts";
import { reportOf } from "../../../build/operate/sources/report.ts";
import { ROOT } from "../../../build/root.ts";
import { MAX_LINE_DAYS, parseLines } from "../../../src/routes/import-lines.ts";
import { SAMPLES, SITE, tarOf } from "./samples.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "footfall-sources-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function convertBytes(from: string, bytes: Uint8Array, site = SITE): Promise<Collected> {
  const file = join(folder, "export");
  await writeFile(file, bytes);
  return convert({ from, file, site });
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);

/** The lines, as the service reads them. */
function additionsOf({ lines }: Collected) {
  return [...parseLines(lines.map((line) => JSON.stringify(line)).join("\n"), SITE)];
}

describe.each(SAMPLES)(
  "$from, $what",
  ({ from, bytes, pages, days = {}, visitors = {}, unattributed = 0, siteVisitors = 0, leftOut, lost }) => {
    test("becomes lines that the service takes, with the sums of the rows that can be used", async () => {
      const collected = await convertBytes(from, bytes);
      const additions = additionsOf(collected);
      const ofPages = additions.filter(({ page }) => page !== null);
      expect(Object.fromEntries(ofPages.map(({ page, visits }) => [page, visits]))).toEqual(pages);
      expect(Object.fromEntries(ofPages.filter((line) => Object.keys(line.days).length > 0).map((line) => [line.page, line.days]))).toEqual(
        days,
      );
      expect(Object.fromEntries(ofPages.filter((line) => line.visitors > 0).map((line) => [line.page, line.visitors]))).toEqual(visitors);
      const own = additions.filter(({ page }) => page === null);
      expect([sum(own.map(({ visits }) => visits)), sum(own.map((line) => line.visitors))]).toEqual([unattributed, siteVisitors]);
    });

    test("accounts for every row: what was read is what is used and what is left out, and why", async () => {
      const collected = await convertBytes(from, bytes);
      expect(Object.fromEntries([...collected.leftOut].map(([reason, { rows }]) => [reason, rows]))).toEqual(leftOut);
      expect(collected.visits).toBe(sum(Object.values(pages)) + lost);
      expect(collected.rows).toBe(collected.used.rows + sum(Object.values(leftOut)));
      const report = reportOf(collected);
      for (const reason of Object.keys(leftOut)) expect(report).toContain(reason);
      expect(collected.notes.length).toBeGreaterThan(0);
    });
  },
);

test("a page of more days than a line takes becomes several lines", async () => {
  const days = Array.from({ length: 1_000 }, (_, index) => new Date(Date.UTC(2020, 0, 1 + index)).toISOString().slice(0, 10));
  const rows = days.map((day) => `/a,2,${day},1`);
  const collected = await convertBytes("csv", strToU8(["page,visits,day,visitors", ...rows].join("\n")));
  const additions = additionsOf(collected);
  for (const line of additions)
    expect(Object.keys(line.days).length + Object.keys(line.visitorDays).length).toBeLessThanOrEqual(MAX_LINE_DAYS);
  expect(additions.length).toBe(5);
  expect([sum(additions.map(({ visits }) => visits)), sum(additions.map(({ visitors }) => visitors))]).toEqual([2_000, 1_000]);
});

test("rows that bring the sum over what an import takes are left out", async () => {
  const collected = await convertBytes("csv", strToU8("page,visits\n/a,900000000000\n/a,900000000000\n/b,1\n"));
  expect(additionsOf(collected).map(({ page, visits }) => [page, visits])).toEqual([
    ["/a", 900_000_000_000],
    ["/b", 1],
  ]);
  expect([...collected.leftOut.values()].map(({ rows, visits }) => [rows, visits])).toEqual([[1, 900_000_000_000]]);
});

test("a site's total below its pages is said, and the pages count", async () => {
  const collected = await convertBytes("leancloud", strToU8('[{"url":"/a","time":5},{"target":"site-pv","time":3}]'));
  expect([collected.used.visits, collected.unattributed]).toEqual([5, 0]);
  expect(collected.notes).toContain("The site's total of 3 is 2 below its pages' sum: the pages count.");
});

test("the same export gives the same lines, in whatever order its rows stand", async () => {
  const rows = ["/b,1,2025-01-02", "/a,1,2025-01-02", "/a,1,2025-01-01"];
  const inOrder = await convertBytes("csv", strToU8(["page,visits,day", ...rows].join("\n")));
  const reversed = await convertBytes("csv", strToU8(["page,visits,day", ...rows.toReversed()].join("\n")));
  expect(JSON.stringify(reversed.lines)).toBe(JSON.stringify(inOrder.lines));
});

const COUNTER_TAR = await tarOf({ "Counter.0.jsonl": '{"url":"/a","time":1}' });
// The folder's header, the file's header, and the file's content have 512 bytes each.
const CUT_TAR = COUNTER_TAR.subarray(0, 1_030);
const OLD_TAR = Uint8Array.from(COUNTER_TAR, (byte, index) => (index % 512 < 257 || index >= 1_024 ? byte : 0));
const DAMAGED_TAR = COUNTER_TAR.with(520, 0x78);

test.each([
  ["goatcounter", strToU8("a,b\n1,2\n"), /has no column "path"/],
  ["goatcounter", zipSync({ "x.txt": strToU8("x") }), /holds no file named/],
  ["plausible", strToU8("date,browser\n"), /allowed are Plausible's imported_pages and imported_visitors/],
  ["umami", strToU8("a,b\n"), /allowed are website_event.csv and pages.csv/],
  ["waline", strToU8('{"type":"twikoo"}'), /is no export of Waline/],
  ["leancloud", strToU8(""), /holds no JSON/],
  ["leancloud", new Uint8Array([0x22, 0xff, 0x22]), /cannot be read: /],
  ["csv", strToU8("page,title\n"), /allowed is a column page, path, url, target and a column visits/],
  ["csv", new Uint8Array([0x1f, 0x8b, 0x00]), /cannot be read: /],
  ["csv", new Uint8Array([0x50, 0x4b, 0x03, 0x04]), /cannot be read: /],
  ["leancloud", await tarOf({ "Comment.0.jsonl": "{}" }), /holds no file named/],
  ["leancloud", gzipSync(CUT_TAR), /cannot be read: Tar archive is truncated\.$/],
  ["leancloud", OLD_TAR, /holds NUL bytes; allowed are/],
  ["leancloud", DAMAGED_TAR, /cannot be read: Invalid tar header checksum\.$/],
])("refuses for %s what is none of its exports", async (from, bytes, why) => {
  await expect(convertBytes(from, bytes)).rejects.toThrow(why);
});

test("the README has every counter whose numbers can be brought along", async () => {
  const readme = await readFile(join(ROOT, "build", "operate", "README.md"), "utf8");
  const rows = readme.slice(readme.indexOf("| `--from` |")).split("\n\n")[0] ?? "";
  const named = [...rows.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = ""]) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(named.toSorted()).toEqual([...SOURCE_NAMES].sort());
});
