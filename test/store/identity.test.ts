import { generateKeyPairSync, verify } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createHttpFetch } from "../../src/platform/node/http-fetch.ts";
import { metadataIdentity } from "../../src/platform/node/metadata.ts";
import { type Identity, serviceAccountIdentity } from "../../src/stores/datastore/identity.ts";
import { createRestTransport } from "../../src/stores/datastore/rest.ts";

const servers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of servers.splice(0)) await close();
});

/** A server whose `answer` gives the status and the body for each request; resolves with its `host:port`. */
async function standIn(answer: (request: IncomingMessage) => [number, string]): Promise<string> {
  const server = createServer((request, response) => {
    const [status, body] = answer(request);
    response.writeHead(status, { "Content-Type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve()).closeAllConnections();
      }),
  );
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A stand-in for Google's metadata server: requires its header, and numbers its tokens. */
async function metadataServer(lifetimeS: number, asked: string[]): Promise<string> {
  let tokens = 0;
  return standIn(({ url = "", headers }) => {
    if (headers["metadata-flavor"] !== "Google") return [403, "Metadata-Flavor is missing"];
    asked.push(url);
    if (url === "/computeMetadata/v1/project/project-id") return [200, "my-project"];
    if (url !== "/computeMetadata/v1/instance/service-accounts/default/token") return [404, ""];
    tokens += 1;
    return [200, JSON.stringify({ access_token: `token-${tokens}`, expires_in: lifetimeS, token_type: "Bearer" })];
  });
}

const send = createHttpFetch();
const TIMEOUT_MS = 5_000;

test("the metadata server is asked once for the project and the token, however many calls wait", async () => {
  const asked: string[] = [];
  const identity = metadataIdentity({ host: await metadataServer(3_600, asked), project: undefined, now: Date.now, fetch: send });
  const tokens = await Promise.all(Array.from({ length: 20 }, () => identity.token(TIMEOUT_MS)));
  expect(new Set(tokens)).toEqual(new Set(["token-1"]));
  expect(await identity.project(TIMEOUT_MS)).toBe("my-project");
  expect(asked.toSorted()).toEqual([
    "/computeMetadata/v1/instance/service-accounts/default/token",
    "/computeMetadata/v1/project/project-id",
  ]);
});

test("a token is renewed 5 minutes before it expires, and when it was refused", async () => {
  let time = 1_000_000;
  const identity = metadataIdentity({ host: await metadataServer(3_600, []), project: "p", now: () => time, fetch: send });
  expect(await identity.token(TIMEOUT_MS)).toBe("token-1");
  time += 3_299_000;
  expect(await identity.token(TIMEOUT_MS)).toBe("token-1");
  time += 2_000;
  expect(await identity.token(TIMEOUT_MS)).toBe("token-2");
  identity.forget();
  expect(await identity.token(TIMEOUT_MS)).toBe("token-3");
});

test("after a failure of the metadata server, the next call asks it again", async () => {
  let up = false;
  const host = await standIn(() => (up ? [200, '{"access_token":"late","expires_in":3600}'] : [500, ""]));
  const identity = metadataIdentity({ host, project: "p", now: Date.now, fetch: send });
  await expect(identity.token(TIMEOUT_MS)).rejects.toThrow("the metadata server answered 500");
  up = true;
  expect(await identity.token(TIMEOUT_MS)).toBe("late");
});

test("a service account's key signs a token that Google can verify, and reuses it for its hour", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const key = {
    client_email: "counter@my-project.iam.gserviceaccount.com",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    private_key_id: "key-1",
    project_id: "my-project",
  };
  let time = Date.parse("2026-11-22T12:00:00Z");
  const identity = serviceAccountIdentity({ key, project: undefined, now: () => time });
  const token = await identity.token(TIMEOUT_MS);
  const [header = "", claims = "", signature = ""] = token?.split(".") ?? [];
  const decode = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString());
  expect(decode(header)).toEqual({ alg: "RS256", typ: "JWT", kid: "key-1" });
  const iat = time / 1_000;
  expect(decode(claims)).toEqual({
    iss: key.client_email,
    sub: key.client_email,
    aud: "https://datastore.googleapis.com/",
    iat,
    exp: iat + 3_600,
  });
  expect(verify("RSA-SHA256", Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, "base64url"))).toBe(true);
  expect(await identity.project(TIMEOUT_MS)).toBe("my-project");
  time += 50 * 60_000;
  expect(await identity.token(TIMEOUT_MS)).toBe(token);
  time += 6 * 60_000;
  expect(await identity.token(TIMEOUT_MS)).not.toBe(token);
});

test("a REST call sends the token and the database in its routing header, and drops a token that was refused", async () => {
  const seen: { url: string | undefined; authorization: string | undefined; routing: string | string[] | undefined }[] = [];
  const origin = await standIn(({ url, headers }) => {
    seen.push({ url, authorization: headers.authorization, routing: headers["x-goog-request-params"] });
    return seen.length === 1 ? [401, '{"error":{"code":401,"message":"stale","status":"UNAUTHENTICATED"}}'] : [200, '{"found":[]}'];
  });
  let tokens = 1;
  const forget = () => {
    tokens += 1;
  };
  const identity: Identity = { project: async () => "my-project", token: async () => `token-${tokens}`, forget };
  const transport = createRestTransport({ origin: `http://${origin}`, databaseId: "counters", identity, fetch });
  await expect(transport.call("lookup", { keys: [] }, 2_000)).rejects.toMatchObject({ status: "UNAUTHENTICATED" });
  expect(await transport.call("lookup", { keys: [] }, 2_000)).toEqual({ found: [] });
  const url = "/v1/projects/my-project:lookup";
  const routing = "project_id=my-project&database_id=counters";
  expect(seen).toEqual([
    { url, authorization: "Bearer token-1", routing },
    { url, authorization: "Bearer token-2", routing },
  ]);
});

const fetches = [
  ["the platform's fetch", fetch],
  ["Node's http", send],
] as const;

test.each(fetches)("a REST call over %s whose token takes all its time is not sent", async (_, fetch) => {
  const seen: string[] = [];
  const origin = await standIn(({ url = "" }) => {
    seen.push(url);
    return [200, "{}"];
  });
  const token = () => new Promise<null>((resolve) => setTimeout(resolve, 60, null));
  const identity: Identity = { project: async () => "p", token, forget: () => {} };
  const transport = createRestTransport({ origin: `http://${origin}`, databaseId: "", identity, fetch });
  await expect(transport.call("lookup", { keys: [] }, 20)).rejects.toMatchObject({ status: "DEADLINE_EXCEEDED" });
  expect(seen).toEqual([]);
  await transport.call("lookup", { keys: [] }, TIMEOUT_MS);
  expect(seen).toEqual(["/v1/projects/p:lookup"]);
});

test.each(fetches)(
  "a REST call over %s that is not answered in time is DEADLINE_EXCEEDED, and a lost connection UNAVAILABLE",
  async (_, fetch) => {
    const identity: Identity = { project: async () => "p", token: async () => null, forget: () => {} };
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    servers.push(() => new Promise((resolve) => silent.close(() => resolve()).closeAllConnections()));
    const port = (silent.address() as AddressInfo).port;
    const late = createRestTransport({ origin: `http://127.0.0.1:${port}`, databaseId: "", identity, fetch });
    await expect(late.call("lookup", { keys: [] }, 100)).rejects.toMatchObject({ status: "DEADLINE_EXCEEDED" });
    const lost = createRestTransport({ origin: "http://127.0.0.1:1", databaseId: "", identity, fetch });
    await expect(lost.call("lookup", { keys: [] }, 2_000)).rejects.toMatchObject({ status: "UNAVAILABLE" });
  },
);
