import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHECKS } from "../../build/operate/checks.ts";
import { PRODUCTION_CLAIMS } from "../../build/operate/claims.ts";
import { startGateway } from "../gateway/local.ts";
import { type NodeServer, startNodeServer } from "../support/artefacts.ts";
import { emulatorHost } from "../support/emulator.ts";
import { requires } from "../support/skip.ts";
import { runCommand } from "./command.ts";

const KEY = "a-smoke-key";

/** The lines that a run printed for what it tried, by their first word. */
function outcomes(output: string): Record<string, number> {
  const words = output.split("\n").flatMap((line) => /^(ok|FAILED|skip) /.exec(line)?.[1] ?? []);
  return Object.fromEntries(["ok", "FAILED", "skip"].map((word) => [word, words.filter((one) => one === word).length]));
}

describe("npm run smoke", () => {
  let server: NodeServer;
  beforeAll(async () => {
    server = await startNodeServer({
      STORE: "sqlite",
      SQLITE_PATH: ":memory:",
      SITES: "example.com",
      ADMIN_KEY: KEY,
      VISITS_PER_MINUTE: "1000",
    });
  });
  afterAll(() => server.stop());

  test("finds that the built server keeps every promise, and leaves no count behind", async () => {
    const { code, output, errors } = await runCommand("smoke", [server.url], { ADMIN_KEY: KEY });
    expect({ code, ...outcomes(output) }).toEqual({ code: 0, ok: CHECKS.length, FAILED: 0, skip: 0 });
    expect(`${output}${errors}`).not.toContain(KEY);
    const totals = await fetch(`${server.url}/v1/visits?page=/footfall-smoke`);
    expect(await totals.json()).toMatchObject({ site: "example.com", siteVisits: 0, pages: [{ page: "/footfall-smoke", visits: 0 }] });
  });

  test("skips, with the reason, what needs the key where there is none", async () => {
    const { code, output } = await runCommand("smoke", [server.url]);
    const keyed = CHECKS.filter((check) => check.keyed).length;
    expect({ code, ...outcomes(output) }).toEqual({ code: 0, ok: CHECKS.length - keyed, FAILED: 0, skip: keyed });
    expect(output).toContain("it needs the key");
  });

  test.each([
    [["--page", ""], KEY, '--page is ""; allowed is a page of these checks\' own'],
    [["--page", "/index.html"], KEY, '--page is "/index.html"; allowed is a page of these checks\' own'],
    [["--site", "https://example.com"], KEY, 'site is "https://example.com"; allowed is a host name'],
    [[], "schlüssel", "ADMIN_KEY has a character that no header carries"],
  ])("with %j and the key %s it stops in one line, and changes nothing", async (args, key, line) => {
    const { code, output, errors } = await runCommand("smoke", [server.url, ...args], { ADMIN_KEY: key });
    expect({ code, output, errors }).toEqual({ code: 1, output: "", errors: expect.stringMatching(/^[^\n]+\n$/) });
    expect(errors).toContain(line);
    expect(await (await fetch(`${server.url}/v1/visits?page=/`)).json()).toMatchObject({ pages: [{ visits: 0 }] });
  });

  test("knows its page and site however they are written", async () => {
    const { code, output } = await runCommand("smoke", [server.url, "--page", "/smöke x/", "--site", "WWW.Example.com"], {
      ADMIN_KEY: KEY,
    });
    expect({ code, ...outcomes(output) }).toEqual({ code: 0, ok: CHECKS.length, FAILED: 0, skip: 0 });
  });

  test("finds out a service that counts a repeated id again", async () => {
    const forgetful = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      request.on("end", async () => {
        // What a proxy must not forward, and what would tell a repeated visit.
        const headers = Object.fromEntries(
          Object.entries(request.headers).filter(([name]) => !/^(?:connection|content-length|host)$/.test(name)),
        );
        const sent =
          request.method === "GET" || request.method === "HEAD" ? {} : { body: body.replace(/"id":"[^"]{8,}"/, `"id":"${randomUUID()}"`) };
        const answer = await fetch(`${server.url}${request.url}`, {
          method: request.method ?? "GET",
          headers: headers as Record<string, string>,
          ...sent,
        });
        response.writeHead(
          answer.status,
          Object.fromEntries([...answer.headers].filter(([name]) => !/^(?:content-encoding|content-length|transfer-encoding)$/.test(name))),
        );
        response.end(Buffer.from(await answer.arrayBuffer()));
      });
    });
    const url = await listen(forgetful);
    const { code, output, errors } = await runCommand("smoke", [url], { ADMIN_KEY: KEY });
    forgetful.close();
    expect(code).toBe(1);
    expect(output).toMatch(/^FAILED {2}the same id again is a duplicate/m);
    expect(output).toMatch(/^FAILED {2}20 visits at once, each sent twice, are 20 visits/m);
    expect(errors).toContain("2 failed");
  });

  test.each([
    [[], "URL is missing"],
    [["example.com"], 'URL is "example.com"'],
    [["http://127.0.0.1:9", "--frob"], "Unknown option '--frob'"],
  ])("refuses %j", async (args, why) => {
    expect(await runCommand("smoke", args)).toMatchObject({ code: 1, errors: expect.stringContaining(why) });
  });

  test("lists all that is unproved, on one screen", async () => {
    const { code, output } = await runCommand("smoke", ["--claims"]);
    const lines = output.trimEnd().split("\n");
    expect(code).toBe(0);
    expect(lines.length).toBeLessThan(45);
    for (const { title } of [...PRODUCTION_CLAIMS.gateway, ...PRODUCTION_CLAIMS.datastore]) expect(output).toContain(title);
  });

  test("says that the claims on production have never been tried there", async () => {
    expect(await runCommand("smoke", ["--help"])).toMatchObject({
      code: 0,
      output: expect.stringContaining("never been run against production"),
    });
  });
});

requires("emulator")("npm run smoke -- --production-claims, on the emulator behind the local gateway", () => {
  test("finds each claim that those can show to hold", { timeout: 180_000 }, async () => {
    const datastore = { DATASTORE_EMULATOR_HOST: await emulatorHost(), DATASTORE_PROJECT_ID: `claims-${randomUUID().slice(0, 8)}` };
    const server = await startNodeServer({ ...datastore, SITES: "example.com", ADMIN_KEY: KEY, VISITS_PER_MINUTE: "1000" });
    const gateway = await startGateway({ backend: server.url, keys: [KEY] });
    const { code, output } = await runCommand("smoke", [gateway.url, "--production-claims"], { ...datastore, ADMIN_KEY: KEY });
    await gateway.stop();
    await server.stop();
    const claims = PRODUCTION_CLAIMS.gateway.length + PRODUCTION_CLAIMS.datastore.length;
    const not = PRODUCTION_CLAIMS.datastore.filter(({ notOnEmulator }) => notOnEmulator).length;
    expect({ code, ...outcomes(output) }, output).toEqual({ code: 0, ok: CHECKS.length + claims - not, FAILED: 0, skip: not });
  });
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
