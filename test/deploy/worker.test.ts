import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parse, stringify } from "smol-toml";
import { expect, onTestFinished, test } from "vitest";
import { ROOT } from "../../build/root.ts";

const SLOW_MS = 240_000;

/** wrangler.toml as it stands, but for the build, which other suites need undisturbed. */
function configIn(folder: string): string {
  const { build: _, ...config } = parse(readFileSync(join(ROOT, "wrangler.toml"), "utf8"));
  const assets = config["assets"] as Record<string, string>;
  const file = join(folder, "wrangler.toml");
  const text = stringify({
    ...config,
    main: join(ROOT, String(config["main"])),
    assets: { ...assets, directory: join(ROOT, assets["directory"] ?? "") },
  });
  writeFileSync(file, text);
  return file;
}

test("wrangler takes the worker as the build has made it", { timeout: SLOW_MS }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "footfall-wrangler-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const out = join(folder, "out");
  const args = ["deploy", "--dry-run", "--config", configIn(folder), "--outdir", out, "--var", "SITES:example.com"];
  const { all, exitCode } = await execa("wrangler", args, {
    cwd: folder,
    preferLocal: true,
    localDir: ROOT,
    env: { CI: "true", WRANGLER_SEND_METRICS: "false", WRANGLER_LOG_PATH: folder },
    reject: false,
    all: true,
    stdin: "ignore",
    timeout: SLOW_MS,
  });
  expect({ exitCode, all }).toEqual({ exitCode: 0, all: expect.stringContaining("SiteCounter") });
  expect(all).toContain("env.SITES");
  expect(readdirSync(out)).toContain("index.js");
});

test("the button to deploy asks for the key and the sites, and offers none", () => {
  const entries = readFileSync(join(ROOT, ".dev.vars.example"), "utf8")
    .split("\n")
    .filter((text) => text !== "" && !text.startsWith("#"));
  expect(entries).toEqual(["ADMIN_KEY=", "SITES="]);
});
