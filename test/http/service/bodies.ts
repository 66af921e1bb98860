import { describe, expect, test } from "vitest";
import { newSite, type Sent } from "../../support/http.ts";
import { countedText, type Rig } from "./rig.ts";

/** A JSON of exactly so many bytes. */
function ofBytes(bytes: number): string {
  const page = '{"page":"/a"';
  return `${page}${" ".repeat(bytes - page.length - 1)}}`;
}

const JSON_TEXT = '{"page":"/a"}';

/** Every form in which a visit may come, and the page that it counts. */
const forms: readonly [form: string, sent: Sent, page: string][] = [
  ["no body and no length", {}, "/"],
  ["no body, said by Content-Length: 0", { headers: { "Content-Length": "0" } }, "/"],
  ["no body, but a type", { headers: { "Content-Type": "application/json" } }, "/"],
  ["an empty object", { body: {} }, "/"],
  ["JSON", { body: JSON_TEXT }, "/a"],
  ["JSON with a charset", { body: JSON_TEXT, headers: { "Content-Type": "application/json; charset=utf-8" } }, "/a"],
  ["text, as navigator.sendBeacon sends it", { body: JSON_TEXT, headers: { "Content-Type": "text/plain;charset=UTF-8" } }, "/a"],
  [
    "a form that holds JSON, as curl -d sends it",
    { body: JSON_TEXT, headers: { "Content-Type": "application/x-www-form-urlencoded" } },
    "/a",
  ],
  ["a type in capitals", { body: JSON_TEXT, headers: { "Content-Type": "Application/JSON" } }, "/a"],
  ["chunks without a length", { body: ['{"page"', ':"/a"}'] }, "/a"],
  ["chunks that part a character", { body: [Buffer.from('{"page":"/\xc3', "latin1"), Buffer.from('\xa4"}', "latin1")] }, "/%C3%A4"],
  ["4 KiB", { body: ofBytes(4_096) }, "/a"],
  ["4 KiB in chunks", { body: [ofBytes(4_096).slice(0, 4_000), ofBytes(4_096).slice(4_000)] }, "/a"],
  ["a page of 1,024 bytes", { body: { page: `/${"x".repeat(1_023)}` } }, `/${"x".repeat(1_023)}`],
];

/** What a visit's body may be. */
export function bodies(rig: () => Rig): void {
  describe("a visit's body", () => {
    test.each(forms)("%s", async (_, sent, page) => {
      const site = newSite();
      const headers = { Origin: `https://${site}`, ...sent.headers };
      for (const [index, path] of ["/visits", "/v1/visits"].entries()) {
        const answer = await rig().open.send(`POST ${path}`, { ...sent, headers });
        expect(answer.text).toBe(countedText(site, page, index + 1));
      }
    });
  });
}
