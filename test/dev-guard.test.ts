import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyProject, type Project } from "../build/copy-project.ts";
import { get, type Loop, reloadScript, startLoop } from "./dev-loop.ts";

const EVIL = "http://evil.example";
const KEY = { "X-API-Key": "dev" };

describe("npm run dev and pages of other sites", () => {
  let project: Project;
  let loop: Loop;
  beforeAll(async () => {
    project = await copyProject();
    loop = await startLoop(project);
  });
  afterAll(async () => {
    await loop?.process.stop();
    await project?.remove();
  });

  /** The status of an answer; `fetch` would not send another `Host`. */
  function ask(method: string, path: string, headers: Record<string, string> = {}, url = loop.url): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = request(url + path, { method, headers }, (response) => resolve(response.resume().statusCode ?? 0));
      sent.once("error", reject).end();
    });
  }

  test.each(["localhost", "LOCALHOST", "footfall.localhost", "127.0.0.1", "127.1.2.3", "[::1]"])("Host may be %s", async (host) => {
    expect(await ask("GET", "/v1/health", { Host: `${host}:8787` })).toBe(200);
  });

  test.each(["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1"])("Host may not be %s", async (host) => {
    expect(await ask("GET", "/v1/sites", { Host: `${host}:8787` })).toBe(403);
    const [, sample = ""] = /sample {5}(\S+?)\/ /.exec(loop.process.output()) ?? [];
    expect(await ask("GET", "/", { Host: host }, sample)).toBe(403);
  });

  test.each([
    ["GET", "/", {}],
    ["GET", "/v1/sites", {}],
    ["GET", "/v1/pages?site=example.com", {}],
    ["GET", "/v1/series?site=example.com", {}],
    ["GET", "/v1/%73ites", {}],
    ["GET", "/v1/x/../sites", {}],
    ["GET", "/v1/x/%2e%2e/sites", {}],
    ["GET", "/v1/export?site=example.com", KEY],
    ["DELETE", "/v1/visits?site=example.com&page=/a", KEY],
  ])("a page of another origin is refused %s %s", async (method, path, headers) => {
    const own = await ask(method, path, { ...headers, Origin: loop.url });
    expect(own).toBeLessThan(300);
    expect(await ask(method, path, headers)).toBe(own);
    for (const origin of [EVIL, "null", loop.url.replace("127.0.0.1", "localhost"), "http://127.0.0.1:1"]) {
      expect(await ask(method, path, { ...headers, Origin: origin }), origin).toBe(403);
    }
  });

  test("a page of another origin counts, and reads in public", async () => {
    const headers = { Origin: EVIL, "User-Agent": "Mozilla/5.0" };
    expect(await ask("POST", "/v1/visits", headers)).toBe(200);
    for (const path of ["/v1/visits?site=example.com", "/v1/badge?site=example.com&page=/", "/v1/health", "/embed.js"]) {
      expect(await ask("GET", path, headers), path).toBe(200);
    }
  });

  test("nobody finds what it tells its browsers without the token", async () => {
    const script = new URL(await reloadScript(loop.url));
    expect((await get(loop.url, script.pathname)).status).toBe(200);
    for (const path of ["/__dev/reload.js", "/__dev/events", `${script.pathname.replace(/[\w-]{36}/, crypto.randomUUID())}`]) {
      expect((await get(loop.url, path)).status, path).toBe(404);
    }
    expect((await get(loop.url, "/cdn-cgi/mf/reload")).status).toBe(404);
  });
});
