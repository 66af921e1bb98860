import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyProject, type Project } from "../build/copy-project.ts";

/** How long a build may take on a loaded machine. */
const BUILD_MS = 120_000;

describe("the build refuses", () => {
  let project: Project;
  beforeAll(async () => {
    project = await copyProject();
  });
  afterAll(() => project.remove());

  /** What a build says that fails. */
  async function refusal(): Promise<string> {
    const built = promisify(execFile)(process.execPath, ["build/bundle.ts"], { cwd: project.folder });
    return built.then(
      () => "it is built",
      ({ stderr }) => stderr,
    );
  }

  test("a field of a query without a description, in one line", { timeout: BUILD_MS }, async () => {
    await project.edit(
      "src/routes/lists.ts",
      "const SERIES_QUERY = v.object({",
      "const SERIES_QUERY = v.object({ weather: v.optional(text),",
    );
    expect(await refusal()).toMatch(/^\nbuild failed:\n {2}GET \/v1\/series: the field "weather" has no description; .*\n$/);
    await project.edit("src/routes/lists.ts", " weather: v.optional(text),", "");
  });

  test("Hono with all its routers, and says what to import and where to look", { timeout: BUILD_MS }, async () => {
    await project.edit("src/routes/health.ts", 'from "hono/tiny"', 'from "hono"');
    const lines = (await refusal()).split("\n").map((line) => line.trim());
    for (const product of ["server", "worker"]) {
      const line = `^${product}: contains \\S*/hono/dist/hono\\.js: it brings other routers; import { Hono } from "hono/tiny"\\.$`;
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(line)));
    }
    expect(lines).toContainEqual(expect.stringMatching(/^server: .*; its budget is .*"npm run bench size" shows what it is made of\.$/));
  });
});
