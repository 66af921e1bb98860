import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadPrepared, preparedFiles } from "../build/dev/miniflare.ts";
import { ROOT } from "../build/root.ts";

const PREPARE_MS = 60_000;
const LOADER = join(ROOT, "build", "dev", "miniflare.ts");
const MAKER = join(ROOT, "build", "dev", "miniflare-bundle.ts");

describe("Miniflare as npm run dev prepares it", () => {
  let folder: string;
  const files = () => ({ script: join(folder, "miniflare.cjs"), code: join(folder, "miniflare.code") });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "footfall-miniflare-"));
    await promisify(execFile)(process.execPath, [MAKER], { timeout: PREPARE_MS });
  }, PREPARE_MS);
  afterAll(() => rm(folder, { recursive: true }));

  /** Copies what was prepared, and spoils it. */
  async function copy(spoil: () => Promise<void> = async () => {}): Promise<void> {
    const prepared = preparedFiles();
    // V8 looks at the length of a script alone, wherever it is.
    await writeFile(files().script, await readFile(prepared.script));
    await writeFile(files().code, await readFile(prepared.code));
    await spoil();
  }

  test("runs workers", async () => {
    await copy();
    const loaded = loadPrepared(files());
    if (!loaded) throw new Error("it was not loaded");
    const miniflare = new loaded.Miniflare({ cf: false, modules: true, script: `export default { fetch: () => new Response("well") };` });
    const answer = await miniflare.dispatchFetch("http://localhost/").then((response) => response.text());
    await miniflare.dispose();
    expect(answer).toBe("well");
  });

  test.each<[string, () => Promise<void>]>([
    ["without the script", () => rm(files().script)],
    ["without the compiled code", () => rm(files().code)],
    ["with half of the script", () => truncate(files().script, 1_000_000)],
    ["with half of the compiled code", () => truncate(files().code, 1_000_000)],
    ["with another script", () => writeFile(files().script, "(() => { throw new Error('not Miniflare'); })")],
    ["with compiled code that is none", () => writeFile(files().code, "code")],
  ])("is not used %s", async (_, spoil) => {
    await copy(spoil);
    // In a process of its own: V8 also keeps in memory what it has compiled.
    const script = `import { loadPrepared } from ${JSON.stringify(LOADER)}; console.log(loadPrepared(${JSON.stringify(files())}) === undefined);`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { timeout: PREPARE_MS });
    expect(stdout).toBe("true\n");
  });
});
