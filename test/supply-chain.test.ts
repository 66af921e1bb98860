import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { isAllowed, type Locked, readLock, refusedLicences } from "../build/licences.ts";
import { verifyNode } from "../build/node-binary.ts";
import { SBOM_FILE, writeSbom } from "../build/sbom.ts";
import manifest from "../package.json" with { type: "json" };

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
    const { bomFormat, metadata, components } = JSON.parse(await readFile(SBOM_FILE, "utf8"));
    expect(bomFormat).toBe("CycloneDX");
    expect(metadata.component).toMatchObject({ name: manifest.name, version: manifest.version });
    const names = components.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining([...Object.keys(manifest.dependencies), "google-gax", "uplot", "node"]));
    for (const tool of ["esbuild", "vitest", "typescript", "wrangler"]) expect(names).not.toContain(tool);
    const lock = readLock();
    for (const { name, version, purl, hashes, licenses } of components) {
      expect(purl).toBe(`pkg:npm/${name.replace("@", "%40")}@${version}`);
      expect([...lock.values()].some((locked) => locked.version === version)).toBe(true);
      expect(hashes).toEqual([{ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) }]);
      expect(licenses).toHaveLength(1);
    }
  });

  test("is the same bytes each time it is written", async () => {
    const before = await readFile(SBOM_FILE, "utf8");
    await writeSbom();
    expect(await readFile(SBOM_FILE, "utf8")).toBe(before);
  });
});

describe("the Node that is tested and ships", () => {
  test("is the one whose digest is known", async () => {
    await verifyNode();
  });

  test.each(["linux x64", "linux arm64", "linux riscv64"])("and no other file, on %s", async (platform) => {
    const other = new URL(import.meta.url).pathname;
    await expect(verifyNode(other, platform)).rejects.toThrow(
      /^Node's binary has the SHA-256 [0-9a-f]{64}; allowed is (?:none|[0-9a-f]{64}) /,
    );
  });
});
