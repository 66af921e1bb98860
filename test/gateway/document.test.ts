import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { addressGateway } from "../../build/openapi/gateway.ts";
import { describeAll } from "../../build/openapi/write.ts";

const { gateway } = describeAll();
/** Keys that OpenAPI 3.1 brought, which a reader of 3.0 refuses or passes over. */
const OF_3_1 = /"(?:identifier|webhooks|jsonSchemaDialect|pathItems|const|examples|prefixItems|\$defs|exclusiveMinimum)":|"type":\[/;

test("the gateway's document is OpenAPI 3.0, by that version's schema, and has nothing of 3.1", async () => {
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
