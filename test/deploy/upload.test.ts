import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../../build/root.ts";
import { requires } from "../support/skip.ts";

/** What must stay here, at the top and in the folders that are uploaded. */
const SECRET = ["key.json", "example.com.ndjson", "example.com.ndjson.part", "gha-creds-1a2b3c.json", ".dev.vars", ".env", "visits.sqlite"];
const FOLDERS = [
  "",
  "src",
  "src/web/dashboard",
  "build",
  "build/deploy",
  ".footfall",
  "dist/server",
  "test/deploy",
  "node_modules/x",
  ".git",
];
/** What the image's build reads. */
const READ = ["Dockerfile", ".dockerignore", ".npmrc", "package.json", "package-lock.json", "tsconfig.json", "src", "build"];

requires("gcloud")("what gcloud uploads to build the image", () => {
  const folder = mkdtempSync(join(tmpdir(), "footfall-upload-"));
  let uploaded: string[];
  beforeAll(async () => {
    for (const name of [...READ, ".gcloudignore"]) await cp(join(ROOT, name), join(folder, name), { recursive: true });
    for (const path of FOLDERS.flatMap((inside) => SECRET.map((name) => join(folder, inside, name)))) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, "secret");
    }
    const { stdout } = await execa("gcloud", ["meta", "list-files-for-upload"], {
      cwd: folder,
      env: { CLOUDSDK_CONFIG: join(folder, ".git") },
    });
    uploaded = stdout.split("\n");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("has no key, no export and no credentials, wherever they lie about", () => {
    expect(uploaded.filter((path) => SECRET.some((name) => path.endsWith(name)))).toEqual([]);
    expect(
      uploaded.filter(
        (path) => /\.(?:json|ndjson|part|sqlite|vars|env)$/.test(path) && !/(?:^|\/)(?:package|package-lock|tsconfig)\.json$/.test(path),
      ),
    ).toEqual([]);
  });

  test("has what the build reads", () => {
    expect(uploaded).toEqual(
      expect.arrayContaining([
        "Dockerfile",
        ".dockerignore",
        ".npmrc",
        "package-lock.json",
        "src/app.ts",
        "src/web/tsconfig.json",
        "build/bundle.ts",
      ]),
    );
  });
});
