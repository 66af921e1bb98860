import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyProject, type Project } from "../build/copy-project.ts";
import { interrupt, refusal, startLoop, within } from "./dev-loop.ts";
import { isRoot, requires } from "./support/skip.ts";

const NOT_UTF8 = ".dev.vars: is not text in UTF-8; save it in that encoding";
const NO_EQUALS = "has no =; allowed are lines NAME=value, and comments that begin with #";
/** Nobody's ids. */
const NOBODY = "65534";

let project: Project;
beforeAll(async () => {
  project = await copyProject();
});
afterAll(() => project?.remove());

describe("npm run dev ends with one line where .dev.vars", () => {
  const file = () => join(project.folder, ".dev.vars");

  test.each<[string, string | Uint8Array, string]>([
    ["is in UTF-16", Buffer.from("\uFEFFADMIN_KEY=dev\n", "utf16le"), NOT_UTF8],
    ["is in UTF-16 without a mark", Buffer.from("ADMIN_KEY=dev\n", "utf16le"), NOT_UTF8],
    ["has a line without =", "# a comment\n\nADMIN_KEY dev\n", `.dev.vars:3: ${NO_EQUALS}`],
    ["has one behind a value of several lines", 'PAGES="/a,\n/b"\nx\n', `.dev.vars:3: ${NO_EQUALS}`],
    ["has a value that the service refuses", "SHARDS=many\n", 'SHARDS is "many"; allowed is "auto", or an integer from 1 to 100.'],
  ])("%s", async (_, text, line) => {
    await writeFile(file(), text);
    expect(await refusal(project)).toBe(`${line}\n`);
  });

  test("is a folder", async () => {
    await rm(file(), { force: true });
    await mkdir(file());
    expect(await refusal(project)).toBe(".dev.vars: is a folder; allowed is a file with lines NAME=value\n");
    await rm(file(), { recursive: true });
  });
});

test("npm run dev says which names have no effect, and reads the others", async () => {
  await writeFile(join(project.folder, ".dev.vars"), "\uFEFFDEFAULT_SITE='site.example'\nexport LOG=all # a comment\nVISTS_PER_MINUTE=3\n");
  const loop = await startLoop(project, [], { TIME_ZONE: "Asia/Tokyo", LOG: "all" });
  const lines = loop.process.output().match(/^.*no effect.*$/gm);
  expect(lines).toEqual([
    "VISTS_PER_MINUTE (.dev.vars or wrangler.toml) is no setting of the service: it has no effect.",
    "TIME_ZONE stands in the environment, and npm run dev reads .dev.vars: it has no effect.",
  ]);
  expect(await (await fetch(`${loop.url}/v1/visits`)).json()).toMatchObject({ site: "site.example" });
  await expect.poll(() => loop.process.output(), within).toMatch(/^INFO {2}GET \/v1\/visits 200/m);
  await interrupt(loop);
  await rm(join(project.folder, ".dev.vars"));
});

requires("setpriv")("npm run dev in a folder that may not be written to", () => {
  test("ends with one line", async () => {
    await chmod(project.folder, 0o555);
    // Root may write everywhere: it hands the loop to a user who may not.
    const by = isRoot() ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] : [];
    const line = /^Counts cannot be kept in \.footfall\/durable-objects\/: EACCES: permission denied, .*\n$/;
    expect(await refusal(project, {}, by)).toMatch(line);
    await chmod(project.folder, 0o755);
  });
});
