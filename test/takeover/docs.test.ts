import { expect, test } from "vitest";
import { ROUTE_DOCS } from "../../build/openapi/contract.ts";
import { violations } from "../../build/openapi/google.ts";
import { describeAll } from "../../build/openapi/write.ts";
import { TAKEOVER_PROTOCOLS } from "../../src/http/config.ts";
import { takeoverDocs } from "../../src/routes/takeover/docs.ts";
import { startService } from "../api/service.ts";
import { cpuMs } from "../support/cpu.ts";

/** Values of parts of paths that are not as good as any other. */
const PARTS: Readonly<Record<string, string>> = {
  shown: "blog.json",
  script: "script.hash.js",
  host: "github.com",
  path: "a.svg",
  name: "@abc",
};

test("what is described is there when it is switched on, and no path is Footfall's own", async () => {
  const { send } = startService({ TAKEOVER: "all" });
  for (const route of Object.keys(takeoverDocs(TAKEOVER_PROTOCOLS))) {
    const [method, path = ""] = route.split(" ");
    const { status, headers } = await send(`OPTIONS ${path.replace(/:(\w+)(?:{.\+})?/g, (_, name: string) => PARTS[name] ?? "abc")}`, {
      headers: { Origin: "https://example.com" },
    });
    expect([route, status]).toEqual([route, 204]);
    expect(headers.get("Access-Control-Allow-Methods")).toContain(method);
    expect(Object.keys(ROUTE_DOCS)).not.toContain(route);
  }
});

test("a gateway takes the document with all of them, and the contract has none", () => {
  const { contract, gateway } = describeAll(TAKEOVER_PROTOCOLS);
  expect(violations(gateway)).toEqual([]);
  const own = Object.keys(ROUTE_DOCS).map((route) => route.split(" ")[1]);
  for (const route of Object.keys(takeoverDocs(TAKEOVER_PROTOCOLS))) expect(own).not.toContain(route.split(" ")[1]);
  expect(Object.keys(gateway.paths)).toContain("/1.1/classes/Counter/{id}");
  expect(Object.keys(contract.paths)).toEqual(Object.keys(describeAll().gateway.paths));
});

test("nothing is described or answered that is not switched on", async () => {
  expect(takeoverDocs([])).toEqual({});
  expect(Object.keys(takeoverDocs(["komarev"]))).toEqual(["GET /takeover.js", "GET /ghpvc"]);
  const { send } = startService({});
  expect((await send("GET /takeover.js")).status).toBe(404);
});

test("TAKEOVER is all, a list, or a bad setting", async () => {
  const { send } = startService({ TAKEOVER: " vercount , komarev " });
  expect((await send("OPTIONS /log")).status).toBe(204);
  expect((await send("OPTIONS /busuanzi")).status).toBe(404);
  for (const text of ["vercont", "all,vercount", "vercount,", "Vercount"]) {
    expect(() => startService({ TAKEOVER: text }), text).toThrow(
      /^TAKEOVER is ".*"; allowed is "all", or a comma-separated list of busuanzi, vercount, /,
    );
  }
});

test("what anybody can send is bounded by its length, not by its form", async () => {
  const { send } = startService({ TAKEOVER: "all" });
  const parts = ["a", ".", "/", "@", "%2F", ".svg", ".json/", ":"];
  for (const start of [
    "/",
    "/counter/",
    "/js/script.",
    "/hit/",
    "/get/@",
    "/@",
    "/busuanzi?jsonpCallback=",
    "/1.1/classes/Counter?where=[",
  ]) {
    for (const part of parts) {
      const ms = await cpuMs(() => send(`GET ${start}${part.repeat(Math.floor(15_000 / part.length))}`));
      expect(ms, `${start}${part}…`).toBeLessThan(1_000);
    }
  }
});
