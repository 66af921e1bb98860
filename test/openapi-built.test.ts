import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { CONTRACT_FILE, describeAll, GATEWAY_FILE } from "../build/openapi/write.ts";

const { contract, gateway } = describeAll();

test.each([
  ["contract", CONTRACT_FILE, contract],
  ["gateway's document", GATEWAY_FILE, gateway],
])("the %s is what the build wrote", async (_, file, document) => {
  const built: unknown = JSON.parse(await readFile(file, "utf8"));
  expect(built, 'dist/ is of other sources: run "npm run build" first').toEqual(JSON.parse(JSON.stringify(document)));
});
