import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OpenApi, type OperationObject, operationsOf } from "../build/openapi/document.ts";
import { describeAll } from "../build/openapi/write.ts";
import { nodeOnSqlite, type Place } from "./http/rows.ts";
import { type Checker, createChecker, queryFits } from "./openapi/checker.ts";
import { type Generated, KEY, requestsOf, SITES, targetOf } from "./openapi/requests.ts";
import type { Served } from "./support/artefacts.ts";
import { type Client, createClient } from "./support/http.ts";

/** Requests to each operation of each service. */
const RUNS = 60;
/** No limit by address or by new pages is met here. */
const UNLIMITED = { VISITS_PER_MINUTE: "1000000000", NEW_PAGES_BURST: "1000000000" };

const SERVICES = {
  "a public service with visitors": { SITES: "*", PUBLIC_STATS: "true", ADMIN_KEY: KEY, CLIENT_IP_HEADER: "socket" },
  "a guarded service": { SITES: SITES.join(","), ADMIN_KEY: KEY, PAGES: "/,/a*" },
  "a service without a key": { SITES: SITES.join(",") },
};

describe.each(Object.entries(SERVICES))("%s answers as openapi.json says", (_, settings) => {
  let place: Place;
  let served: Served;
  let client: Client;
  let contract: OpenApi;
  let checker: Checker;

  beforeAll(async () => {
    place = await nodeOnSqlite.place();
    served = await place.start({ ...UNLIMITED, ...settings });
    client = createClient(served.url);
    contract = (await client.send("GET /openapi.json")).json();
    checker = createChecker(contract);
  });

  afterAll(async () => {
    client?.close();
    await served?.stop();
    await place?.remove();
  });

  test.each(operationsOf(describeAll().contract.paths))("$method $path", async ({ method, path }) => {
    const operation = contract.paths[path]?.[method];
    if (!operation) throw new Error("The service's own contract does not have it.");
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(requestsOf(path, method, operation), async (request) => {
        const { body, headers } = request;
        const answered = await client.send(targetOf(request), { headers, ...(body === null ? {} : { body }) });
        statuses.add(answered.status);
        expect(checker.faults(operation, answered), `${answered.status} ${answered.text}`).toEqual([]);
        if (!isDescribed(checker, operation, request)) expect(answered.status).toBeGreaterThanOrEqual(400);
      }),
      { numRuns: RUNS },
    );
    // Generators that only make refusals would prove little.
    const mayPass = !operation.security || "ADMIN_KEY" in settings;
    if (mayPass && path !== "/assets/{file}") expect([...statuses].some((status) => status < 300)).toBe(true);
    expect(statuses.has(500)).toBe(false);
  });
});

/** Whether a request is one that the contract describes. */
function isDescribed(
  checker: Checker,
  { operationId, parameters = [], requestBody }: OperationObject,
  { query, headers, body }: Generated,
): boolean {
  const key = parameters.find(({ name }) => name === "Idempotency-Key");
  const sent = headers["Idempotency-Key"];
  // A badge that does not count has no use for it.
  const counts = operationId !== "badge" || query.some(([name, text]) => name === "count" && text === "true");
  const keyFits = !key || !counts || (sent === undefined ? !key.required : checker.fits(key.schema, sent));
  if (!queryFits(checker, parameters, query) || !keyFits) return false;
  if (!requestBody) return true;
  const { schema } = requestBody.content["application/json"] ?? {};
  const type = headers["Content-Type"]?.split(";")[0] ?? "";
  if (!schema) return true;
  if (!(type in requestBody.content)) return false;
  const value = parsed(body);
  return value === undefined ? !requestBody.required && (body === null || body.length === 0) : checker.fits(schema, value);
}

function parsed(body: Generated["body"]): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(typeof body === "string" ? Buffer.from(body) : (body ?? undefined)));
  } catch {
    return undefined;
  }
}
