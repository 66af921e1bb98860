import { expect, test } from "vitest";
import { quote } from "../../src/domain/invalid.ts";
import { ADMIN, startService } from "../api/service.ts";

test.each<[unknown, string]>([
  ["/a", '"/a"'],
  ["x".repeat(65), `"${"x".repeat(64)}…"`],
  [Number.POSITIVE_INFINITY, "Infinity"],
  [null, "null"],
  [{ page: ["/a", 1, null, {}] }, '{"page":["/a",1,null,{}]}'],
  [Array(32).fill(1), `[${Array(31).fill(1).join(",")},1…`],
  [Array(100).fill([]), `${JSON.stringify(Array(100).fill([])).slice(0, 64)}…`],
])("a message quotes %j in at most 64 characters", (value, quoted) => {
  expect(quote(value)).toBe(quoted);
});

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

test.each<[string, string, Record<string, string>, string | undefined]>([
  ["an import's line", "POST /v1/import", { ...ADMIN, "Idempotency-Key": "12345678" }, `{"page":${nested(30_000)}}`],
  ["LeanCloud's query", `GET /1.1/classes/Counter?where={"url":${nested(7_900)}}`, {}, undefined],
  [
    "LeanCloud's batch",
    "POST /1.1/batch",
    {},
    `{"requests":[{"method":"GET","path":"/1.1/classes/Counter","params":{"where":${nested(8_000)}}}]}`,
  ],
])("%s that is nested thousands deep is a 400", async (_, target, headers, body) => {
  const { send } = startService({ TAKEOVER: "leancloud" });
  const answer = await send(target, { headers, ...(body && { body }) });
  expect(answer).toMatchObject({ status: 400, json: { type: "urn:footfall:invalid-input" } });
});
