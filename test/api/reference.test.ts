import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { OPERATIONS, type Operation, type OperationId } from "../../src/api/operations.ts";
import { PROBLEM, REFERENCE } from "../../src/api/reference.ts";
import { ADMIN, startService } from "./service.ts";

const IDS = Object.keys(OPERATIONS) as OperationId[];
const GOOD: Partial<Record<OperationId, { query?: string; body?: unknown }>> = {
  setVisits: { body: { page: "/", visits: 7 } },
  deleteVisits: { query: "?page=/" },
  importVisits: { body: '{"page":"/","visits":1}' },
  readVisits: { query: "?page=/" },
  listPages: { query: "?from=2026-11-20" },
};

const ajv = addFormats.default(new Ajv2020({ allErrors: true }));

/** Where a value does not fit a schema; empty where it does. */
function faults(schema: object, value: unknown): string {
  return ajv.validate(schema, value) ? "" : ajv.errorsText();
}

describe("the reference", () => {
  test("describes the operations that there are, and no others", () => {
    expect(Object.keys(REFERENCE).sort()).toEqual([...IDS].sort());
  });

  test.each(IDS)("%s answers what it says", async (id) => {
    const { send } = startService();
    const { method, path }: Operation = OPERATIONS[id];
    const { answer } = REFERENCE[id];
    const headers = { ...ADMIN, "Idempotency-Key": "12345678" };
    const { status, headers: answered, json } = await send(`${method} ${path}${GOOD[id]?.query ?? ""}`, { headers, body: GOOD[id]?.body });
    expect(status).toBe(answer.status);
    expect(answered.get("content-type")?.split(";")[0] ?? null).toBe(answer.type);
    if (answer.schema) expect(faults(answer.schema, json)).toBe("");
  });

  test.each(IDS)("%s refuses in the form that it says", async (id) => {
    const { send } = startService();
    const { method, path }: Operation = OPERATIONS[id];
    const body = method === "POST" || method === "PUT" ? "[]" : undefined;
    const { status, json } = await send(`${method} ${path}?site=a&site=b`, { headers: { Origin: "null" }, body });
    if (status >= 400) expect(faults(PROBLEM, json)).toBe("");
    else expect(["listSites", "checkHealth"]).toContain(id);
  });
});
