import { describe, expect, test } from "vitest";
import { bucketsOf, sum, unitFor } from "../../src/web/dashboard/data/buckets.ts";
import { fromRows, toRows } from "../../src/web/dashboard/data/files.ts";
import { createLive } from "../../src/web/dashboard/data/live.ts";
import { periodBefore, periodOf, todayIn } from "../../src/web/dashboard/data/range.ts";
import { linesOf } from "../../src/web/dashboard/manage/changes.ts";
import { readFile } from "../../src/web/dashboard/manage/read-file.ts";
import { wholeNumber } from "../../src/web/dashboard/manage/whole-number.ts";
import { de } from "../../src/web/dashboard/texts/de.ts";
import { en } from "../../src/web/dashboard/texts/en.ts";
import { es } from "../../src/web/dashboard/texts/es.ts";
import { fr } from "../../src/web/dashboard/texts/fr.ts";
import { readable, readableSite } from "../../src/web/dashboard/texts/readable.ts";
import { zhHans } from "../../src/web/dashboard/texts/zh-hans.ts";

const TODAY = "2026-11-22";

describe("names", () => {
  test.each([
    ["/a%20b", "/a b"],
    ["/a%20%20b%20", "/a%20%20b%20"],
    ["/%D9%85%DB%8C%E2%80%8C%D8%AE", "/می\u200cخ"],
    // Between Latin letters a joiner would only mislead.
    ["/ad%E2%80%8Cmin", "/ad%E2%80%8Cmin"],
    ["/%F0%9F%91%A8%E2%80%8D%F0%9F%91%A9", "/👨\u200d👩"],
    ["/%E2%9D%A4%EF%B8%8F", "/❤\ufe0f"],
    ["/evil%E2%80%AEgpj", "/evil%E2%80%AEgpj"],
    ["/a%2Fb%3Fc%23d%25", "/a%2Fb%3Fc%23d%25"],
    ["/%3Cb%3E%22", '/<b>"'],
    ["/%FF", "/%FF"],
  ])("%s is shown as %s", (page, shown) => {
    expect(readable(page)).toBe(shown);
  });

  test("hosts are shown in their own script", () => {
    expect(readableSite("xn--mnchen-3ya.example")).toBe("münchen.example");
    expect(readableSite("xn--fiqs8s")).toBe("中国");
    expect(readableSite("example.com")).toBe("example.com");
    expect(readableSite("xn--\u0000")).toBe("xn--\u0000");
  });
});

describe("periods", () => {
  test.each([
    ["7", "2026-11-16", "2026-11-22", "2026-11-09", "2026-11-15"],
    ["month", "2026-11-01", "2026-11-22", "2026-10-01", "2026-10-22"],
    ["last-month", "2026-10-01", "2026-10-31", "2026-09-01", "2026-09-30"],
    ["year", "2026-01-01", "2026-11-22", "2025-01-01", "2025-11-22"],
  ] as const)("%s is %s to %s, and compared with %s to %s", (range, from, to, beforeFrom, beforeTo) => {
    const period = periodOf(range, TODAY);
    expect(period).toEqual({ from, to });
    expect(periodBefore(range, period)).toEqual({ from: beforeFrom, to: beforeTo });
  });

  test("the day is that of the service's zone, whatever the reader's", () => {
    const late = new Date("2026-11-22T23:30:00Z");
    expect([todayIn("UTC", late), todayIn("Asia/Shanghai", late), todayIn("No/Zone", late)]).toEqual([TODAY, "2026-11-23", TODAY]);
  });

  test("days are summed by weeks that begin on Monday, and by months; the one of today is unfinished", () => {
    const points = ["2026-11-14", "2026-11-15", "2026-11-16", TODAY].map((date) => ({ date, visits: 1, visitors: 1 }));
    expect(bucketsOf(points, "week", TODAY)).toEqual([
      { from: "2026-11-14", to: "2026-11-15", visits: 2, visitors: 2, unfinished: false },
      { from: "2026-11-16", to: TODAY, visits: 2, visitors: 2, unfinished: true },
    ]);
    expect(bucketsOf(points, "month", TODAY)).toHaveLength(1);
    expect(sum([{ visits: 1 }, { visits: 2, visitors: 1 }])).toEqual({ visits: 3 });
    expect([unitFor(90), unitFor(365), unitFor(1_830)]).toEqual(["day", "week", "month"]);
  });

  test("visits of the last minutes are told by totals, until they shrink", () => {
    const live = createLive();
    expect(live.see("a", 10, 0)).toBeNull();
    expect(live.see("a", 13, 10_000)).toEqual({ visits: 3, minutes: 1 });
    expect(live.see("a", 13, 240_000)).toEqual({ visits: 3, minutes: 4 });
    expect(live.see("a", 13, 320_000)).toEqual({ visits: 0, minutes: 1 });
    expect(live.see("a", 5, 330_000)).toBeNull();
    expect(live.see("b", 100, 340_000)).toBeNull();
  });
});

describe("files", () => {
  test("CSV is read as it was written, also with semicolons, quotes and line breaks", () => {
    const rows = [
      ["page", "visits"],
      ['/a,"b"', 5],
      ["/c\nd", 6],
    ];
    expect(toRows(fromRows(rows)).map(({ cells }) => cells)).toEqual(rows.map((row) => row.map(String)));
    expect(toRows("a;b\n\n1;2")).toEqual([
      { line: 1, cells: ["a", "b"] },
      { line: 3, cells: ["1", "2"] },
    ]);
    expect(() => toRows('a,b\n"c')).toThrow("2");
  });

  test("a CSV of pages and days becomes lines of an import; what cannot be taken is named by its line", () => {
    expect(readFile('\ufeffpage,visits,date,visitors\n/a,3,2026-11-21,2\n/a,4,2026-11-22,\n/b,"12,345",,\n')).toEqual({
      lines: [
        { page: "/a", visits: 7, visitors: 2, days: { "2026-11-21": 3, "2026-11-22": 4 }, visitorDays: { "2026-11-21": 2 } },
        { page: "/b", visits: 12_345 },
      ],
      problems: [],
    });
    expect(readFile("page,visits\n,1\n/a,-1\n").problems).toEqual(["Line 2: page is missing", "Line 3: visits is not a whole number"]);
    expect(readFile("url;name\n/a;1").problems).toEqual(["The first line has to name the columns page and visits; it has: url, name"]);
    expect(readFile('{"page":"/a","visits":1}\n{"page":"/b","visits":1,"days":{"2026-11-22":2}}\nx').problems).toEqual([
      "Line 2: its days have more visits than it",
      "Line 3: not a JSON object",
    ]);
  });

  test("a page that is removed is remembered to the last visit, however many days it has", () => {
    const points = Array.from({ length: 400 }, (_, index) => ({ date: String(index), visits: 2, visitors: 1 }));
    const lines = linesOf("/a", { visits: 1_000, visitors: 450 }, points).map((line) => JSON.parse(line));
    expect(lines).toHaveLength(3);
    expect(lines.reduce((total, { visits }) => total + visits, 0)).toBe(1_000);
    expect(lines.reduce((total, { visitors }) => total + visitors, 0)).toBe(450);
    expect(linesOf("/b", { visits: 5 }, [])).toEqual(['{"page":"/b","visits":5}']);
  });

  test.each([
    ["12,345", 12_345],
    ["12.345", 12_345],
    ["12 345", 12_345],
    ["0", 0],
    ["1,23", null],
    ["-5", null],
    ["1e3", null],
    ["", null],
  ])("%j is the whole number %s", (text, value) => {
    expect(wholeNumber(text)).toBe(value);
  });
});

describe("texts", () => {
  const placesOf = (entry: string | object) => [...new Set(JSON.stringify(entry).match(/\{(\w+)\}/g))].sort();

  test.each(Object.entries({ zhHans, de, es, fr }))("%s names the same things as English, in each text", (_, texts) => {
    for (const [name, entry] of Object.entries(en)) {
      const other = texts[name as keyof typeof en];
      expect(placesOf(other), name).toEqual(placesOf(entry));
      // A button whose text is missing cannot be found.
      expect(JSON.stringify(other), name).not.toMatch(/""/);
    }
  });
});
