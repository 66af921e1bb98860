import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { addressGateway } from "../../build/openapi/gateway.ts";
import { violations } from "../../build/openapi/google.ts";
import { describeAll } from "../../build/openapi/write.ts";
import { TAKEOVER_PROTOCOLS } from "../../src/http/config.ts";

const { gateway } = describeAll(TAKEOVER_PROTOCOLS);
/** Keys that OpenAPI 3.1 brought, which a reader of 3.0 refuses or passes over. */
const OF_3_1 = /"(?:identifier|webhooks|jsonSchemaDialect|pathItems|const|examples|prefixItems|\$defs|exclusiveMinimum)":|"type":\[/;

test("with every protocol in it, the gateway's document is OpenAPI 3.0, by that version's schema, and has nothing of 3.1", async () => {
  const document = addressGateway(gateway, "https://footfall-123456789012.europe-west1.run.app");
  const validator = new Validator();
  expect(await validator.validate(JSON.parse(JSON.stringify(document)))).toMatchObject({ valid: true });
  expect(validator.version).toBe("3.0");
  expect(JSON.stringify(document)).not.toMatch(OF_3_1);
});

test("a document with something of 3.1 is not valid", async () => {
  const document = { ...gateway, info: { ...gateway.info, license: { name: "MIT", identifier: "MIT" } } };
  expect(await new Validator().validate(JSON.parse(JSON.stringify(document)))).toMatchObject({ valid: false });
});

test("a double wildcard stands at a path's end alone", () => {
  const wild = { name: "host", in: "path", required: true, schema: { type: "string" }, "x-google-parameter": { pattern: "**" } };
  const copy = JSON.parse(JSON.stringify(gateway));
  copy.paths["/{host}/{path}"].get.parameters[0] = wild;
  expect(violations(gateway)).toEqual([]);
  expect(violations(copy)).toEqual(["get /{host}/{path}: a double wildcard such as host has to be the last segment."]);
});
