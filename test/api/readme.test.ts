import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../build/root.ts";
import { settingsTable } from "../../build/settings.ts";
import { readNodeConfig, readWorkerConfig } from "../../src/config.ts";
import * as settings from "../../src/settings.ts";
import { startService } from "./service.ts";

/** Google's own, which no one sets by hand. */
const OF_GOOGLE = ["GOOGLE_CLOUD_PROJECT", "K_SERVICE"];

describe("the README's table of settings", () => {
  test("is what src/settings.ts says (node build/settings.ts writes it)", async () => {
    expect(await readFile(join(ROOT, "README.md"), "utf8")).toContain(`\n${settingsTable()}\n`);
  });

  test("has every variable that the service reads, and no other", () => {
    const asked = new Set<string>();
    const env = new Proxy<Record<string, string>>(
      { SITES: "example.com" },
      {
        get(target, name: string) {
          asked.add(name);
          return target[name];
        },
      },
    );
    readNodeConfig(env);
    readWorkerConfig(env);
    expect([...asked].filter((name) => !OF_GOOGLE.includes(name)).sort()).toEqual(Object.keys(settings).sort());
    expect(Object.entries(settings).filter(([name, setting]) => setting.name !== name)).toEqual([]);
  });
});

test('the answers of "The API in a minute" are what the service answers', async () => {
  const text = await readFile(join(ROOT, "README.md"), "utf8");
  const section = /^## The API in a minute\n([\s\S]*?)^## /m.exec(text)?.[1] ?? "";
  const shown = Array.from(section.matchAll(/^# (\{[\s\S]*?\})$/gm), ([, json = ""]) => json.replaceAll(/\n# +/g, ""));
  const [, body = ""] = /^curl localhost:8787\/v1\/visits -d '(.*)'$/m.exec(section) ?? [];
  const { send } = startService({ SITES: "*", DEFAULT_SITE: "", CLIENT_IP_HEADER: "socket" });
  expect([(await send("POST /visits")).text, (await send("POST /v1/visits", { body })).text]).toEqual(shown);
  const [, again = ""] = /^# the same line again: (.*)$/m.exec(section) ?? [];
  expect((await send("POST /v1/visits", { body })).text).toContain(again);
  expect(again).toContain("duplicate");
});

describe('the blocks of "Without a script"', async () => {
  const text = await readFile(join(ROOT, "src", "web", "embed", "README.md"), "utf8");
  const section = /^## Without a script\n([\s\S]*?)^## /m.exec(text)?.[1] ?? "";
  const blocks = Array.from(section.matchAll(/^```html\n([\s\S]*?)^```/gm), ([, block = ""]) => block);

  test("are a pixel and a badge", () => {
    expect(blocks).toEqual([expect.stringContaining("/v1/pixel"), expect.stringContaining("/v1/badge")]);
  });

  // As a browser without scripts loads them, which shows what is in <noscript>.
  test.each(blocks)("pasted whole, counts one view once (block %#)", async (block) => {
    const { send } = startService({ SITES: "example.com" });
    const images = Array.from(block.matchAll(/<img [^>]*src="https:\/\/YOUR-SERVICE([^"]+)"/g), ([, path = ""]) => path);
    for (const path of images) {
      const answer = await send(`GET ${path.replaceAll("&amp;", "&")}`, { headers: { Referer: "https://example.com/" } });
      expect(answer.status).toBe(200);
    }
    expect((await send("GET /v1/visits?site=example.com")).json).toMatchObject({ siteVisits: 1 });
  });
});
