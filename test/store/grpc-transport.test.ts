import { generateKeyPairSync, randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import * as google from "../../src/platform/node/google.ts";
import { createGrpcTransport } from "../../src/platform/node/grpc-transport.ts";
import { emulatorIdentity } from "../../src/stores/datastore/identity.ts";
import { createRestTransport } from "../../src/stores/datastore/rest.ts";
import type { Entity, Key, Transport } from "../../src/stores/datastore/transport.ts";
import { emulatorHost } from "../support/emulator.ts";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { requires } from "../support/skip.ts";

const PROJECT = "grpc-transport";
const TIMEOUT_MS = 10_000;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
});

function grpc(emulator: string | undefined): Transport {
  const transport = createGrpcTransport({ google, emulator, project: PROJECT, databaseId: "" });
  cleanups.push(() => transport.close());
  return transport;
}

function rest(emulator: string): Transport {
  return createRestTransport({ origin: `http://${emulator}`, databaseId: "", identity: emulatorIdentity(PROJECT), fetch });
}

const newKey = (): Key => ({ path: [{ kind: "test", name: randomUUID() }] });
const insert = (entity: Entity) => ({
  mode: "TRANSACTIONAL" as const,
  singleUseTransaction: { readWrite: {} },
  mutations: [{ insert: entity }],
});
const increment = (key: Key, by: string) => ({
  mode: "TRANSACTIONAL" as const,
  singleUseTransaction: { readWrite: {} },
  mutations: [
    {
      upsert: { key },
      propertyMask: { paths: [] },
      propertyTransforms: [{ property: "count", increment: { integerValue: by, excludeFromIndexes: true } }],
    },
  ],
});

requires("emulator")("Datastore over gRPC", () => {
  test.each(["2026-11-22T12:00:00Z", "2026-11-22T12:00:00.042001Z", "1969-12-31T23:59:59.5Z"])(
    "what is written over it at %s reads the same as what is written over REST",
    async (timestampValue) => {
      const host = await emulatorHost();
      const properties = {
        time: { timestampValue, excludeFromIndexes: true },
        text: { stringValue: "é ☃ \u0000", excludeFromIndexes: true },
        number: { integerValue: String(Number.MIN_SAFE_INTEGER) },
        nested: { entityValue: { properties: { inner: { timestampValue }, count: { integerValue: "3", excludeFromIndexes: true } } } },
      };
      const written = await Promise.all(
        [grpc(host), rest(host)].map(async (transport) => {
          const key = newKey();
          await transport.call("commit", insert({ key, properties }), TIMEOUT_MS);
          const { found = [] } = await rest(host).call("lookup", { keys: [key] }, TIMEOUT_MS);
          return found[0]?.entity.properties;
        }),
      );
      expect(written[0]).toEqual(written[1]);
      expect(written[0]).toMatchObject({ text: properties.text, number: properties.number });
    },
  );

  test("answers of a commit, a transaction and a query are those of REST, and each goes on over the other", async () => {
    const host = await emulatorHost();
    const [one, other] = [grpc(host), rest(host)];
    const key = newKey();
    for (const [index, transport] of [one, other, one].entries()) {
      const { mutationResults } = await transport.call("commit", increment(key, "2"), TIMEOUT_MS);
      expect(Number(mutationResults[0]?.transformResults?.[0]?.integerValue)).toBe(2 * (index + 1));
    }
    const times = await Promise.all(
      [one, other].map(async (transport) => (await transport.call("lookup", { keys: [key] }, TIMEOUT_MS)).found?.[0]?.createTime ?? ""),
    );
    expect(times.map(Date.parse)).toEqual([Date.parse(times[1] ?? ""), Date.parse(times[1] ?? "")]);
    const { found = [] } = await one.call("lookup", { keys: [key], readOptions: { readTime: times[0] ?? "" } }, TIMEOUT_MS);
    expect(found[0]?.entity.properties?.["count"]).toMatchObject({ integerValue: "2" });

    const { transaction } = await one.call("beginTransaction", { transactionOptions: { readWrite: {} } }, TIMEOUT_MS);
    await other.call("lookup", { keys: [key], readOptions: { transaction } }, TIMEOUT_MS);
    await one.call("commit", { mode: "TRANSACTIONAL", transaction, mutations: [{ delete: key }] }, TIMEOUT_MS);
    expect((await other.call("lookup", { keys: [key] }, TIMEOUT_MS)).found ?? []).toEqual([]);
  });

  test("a query's page ends at its limit, and its cursor goes on over either transport", async () => {
    const host = await emulatorHost();
    const kind = randomUUID();
    const names = ["a", "b", "c"];
    for (const name of names) await grpc(host).call("commit", insert({ key: { path: [{ kind, name }] } }), TIMEOUT_MS);
    const seen: (string | undefined)[] = [];
    let startCursor: string | undefined;
    for (const transport of [grpc(host), rest(host), grpc(host)]) {
      const query = {
        kind: [{ name: kind }],
        order: [{ property: { name: "__key__" }, direction: "ASCENDING" as const }],
        limit: 1,
        ...(startCursor !== undefined && { startCursor }),
      };
      const { batch } = await transport.call("runQuery", { query }, TIMEOUT_MS);
      seen.push(...(batch.entityResults ?? []).map(({ entity }) => entity.key.path[0]?.name));
      startCursor = batch.endCursor;
    }
    expect(seen).toEqual(names);
  });

  test("a refusal bears Datastore's own status, and the next call goes on", async () => {
    const transport = grpc(await emulatorHost());
    const key = newKey();
    await transport.call("commit", insert({ key }), TIMEOUT_MS);
    await expect(transport.call("commit", insert({ key }), TIMEOUT_MS)).rejects.toMatchObject({
      name: "TransportError",
      status: "ALREADY_EXISTS",
    });
    const missing = { ...insert({ key }), transaction: "bm9uZQ==", singleUseTransaction: undefined };
    await expect(transport.call("commit", missing as never, TIMEOUT_MS)).rejects.toMatchObject({ status: "INVALID_ARGUMENT" });
    expect((await transport.call("lookup", { keys: [key] }, TIMEOUT_MS)).found).toHaveLength(1);
  });

  test("a call that gets no answer over a half-open connection ends in time, and the next one takes another connection", async () => {
    const proxy = await startFaultProxy({ target: await emulatorHost(), seed: 1, rate: 1, faults: ["hang"] });
    cleanups.push(() => proxy.stop());
    const transport = grpc(proxy.host);
    await expect(transport.call("lookup", { keys: [newKey()] }, 300)).rejects.toMatchObject({ status: "DEADLINE_EXCEEDED" });
    proxy.calm();
    expect((await transport.call("lookup", { keys: [newKey()] }, TIMEOUT_MS)).found).toEqual([]);
  });

  test("a call whose answer is cut fails as UNAVAILABLE or UNKNOWN, and the next one goes through", async () => {
    const proxy = await startFaultProxy({ target: await emulatorHost(), seed: 1, rate: 1, faults: ["cut"] });
    cleanups.push(() => proxy.stop());
    const transport = grpc(proxy.host);
    await expect(transport.call("lookup", { keys: [newKey()] }, TIMEOUT_MS)).rejects.toMatchObject({
      name: "TransportError",
      status: expect.stringMatching(/^(?:UNAVAILABLE|UNKNOWN|INTERNAL|CANCELLED)$/),
    });
    proxy.calm();
    await expect
      .poll(() => transport.call("lookup", { keys: [newKey()] }, TIMEOUT_MS).then(({ found }) => found), { timeout: TIMEOUT_MS })
      .toEqual([]);
  });
});

test("a server that is not there is UNAVAILABLE", async () => {
  await expect(grpc("127.0.0.1:1").call("lookup", { keys: [newKey()] }, TIMEOUT_MS)).rejects.toMatchObject({ status: "UNAVAILABLE" });
});

test("a server that does not speak gRPC fails the call with a status, in time", async () => {
  const server = createServer((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n", () => socket.destroySoon()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  const transport = grpc(`127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
  await expect(transport.call("lookup", { keys: [newKey()] }, 2_000)).rejects.toMatchObject({
    name: "TransportError",
    status: expect.stringMatching(/^(?:UNAVAILABLE|DEADLINE_EXCEEDED)$/),
  });
});

test("a call after its end fails as any other does", async () => {
  const transport = grpc("127.0.0.1:1");
  await transport.call("lookup", { keys: [newKey()] }, 100).catch(() => {});
  await transport.close();
  await expect(transport.call("lookup", { keys: [newKey()] }, 1_000)).rejects.toMatchObject({ name: "TransportError" });
});

test("credentials that come late, as from a volume, are taken by the next call", async () => {
  const folder = await mkdtemp(join(tmpdir(), "footfall-credentials-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "key.json");
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", file);
  const transport = grpc(undefined);
  const fail = () =>
    transport.call("lookup", { keys: [newKey()] }, 300).then(
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
});
