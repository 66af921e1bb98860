import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import * as google from "../../src/platform/node/google.ts";
import { createGrpcTransport } from "../../src/platform/node/grpc.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "footfall-credentials-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("credentials that come late, as from a volume, are taken by the next call", async () => {
  const file = join(folder, "key.json");
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", file);
  const transport = createGrpcTransport({ google, emulator: undefined, project: "p", databaseId: "" });
  const fail = () =>
    transport.call("lookup", { keys: [{ path: [{ kind: "batch", name: "x" }] }] }, 300).then(
      () => "it answered",
      (error: Error & { status: string }) => `${error.status} ${error.message}`,
    );
  expect(await fail()).toMatch(/^UNAVAILABLE .*key\.json/);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const key = privateKey.export({ type: "pkcs8", format: "pem" });
  await writeFile(file, JSON.stringify({ type: "service_account", project_id: "p", client_email: "a@b", private_key: key }));
  await fail();
  // It goes as far as to Google, which is not there.
  expect(await fail()).not.toContain("key.json");
  await transport.close();
  vi.unstubAllEnvs();
});
