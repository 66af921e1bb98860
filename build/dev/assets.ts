import { execFile } from "node:child_process";
import { relative } from "node:path";
import { promisify } from "node:util";
import { headersOf, typeOf } from "../../src/api/asset-headers.ts";
import { ASSETS, dashboardOptions, dashboardPage, embedOptions } from "../assets.ts";
import { ROOT } from "../root.ts";
import { createCompiler } from "./compile.ts";

const CONTRACT_PATH = "/openapi.json";
/** In a process of its own, as this one has read the sources once and for all. */
const DESCRIBE = 'import { describeAll } from "./build/openapi/write.ts"; console.log(JSON.stringify(describeAll().contract));';
const DESCRIBE_MS = 20_000;

type Files = ReadonlyMap<string, Uint8Array | string>;

/** The web parts, built in memory when they are first asked for. */
export interface DevAssets {
  /** Builds again, and answers whether that replaced something. Throws a `CompileError`, and then the last good version stays. */
  rebuild(): Promise<boolean>;
  /** The contract has changed: it is made anew when it is asked for. */
  forgetContract(): void;
  /** Answers for the worker's binding as Workers do. */
  answer(path: string): Promise<{ status: number; headers: Record<string, string>; body: Uint8Array | string | null }>;
  dispose(): Promise<void>;
}

/** Names hold hashes, but for the script's and the page's. */
function isSame(before: Files, after: Files | undefined): boolean {
  return [...before].every(([path, content]) => String(after?.get(path)) === String(content)) && before.size === after?.size;
}

/** Prepares the web parts. */
export function createDevAssets(): DevAssets {
  const embed = createCompiler(embedOptions, "inline");
  const dashboard = createCompiler(dashboardOptions, "inline");
  let files: Files | undefined;
  let building: Promise<void> | undefined;
  let contract: Promise<string> | undefined;

  async function build(): Promise<void> {
    const [script, page] = await Promise.all([embed.compile(), dashboard.compile()]);
    const outputs = [...script.outputFiles, ...page.outputFiles].map(
      ({ path, contents }) => [`/${relative(ASSETS, path)}`, contents] as const,
    );
    files = new Map<string, Uint8Array | string>([...outputs, ["/", await dashboardPage(page.metafile)]]);
  }

  async function describe(): Promise<string> {
    const args = ["--input-type=module", "--eval", DESCRIBE];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, timeout: DESCRIBE_MS, maxBuffer: 2 ** 24 });
    return stdout;
  }

  async function find(path: string): Promise<Uint8Array | string | undefined> {
    if (path === CONTRACT_PATH) {
      contract ??= describe();
      return contract;
    }
    if (!files) {
      building ??= build();
      await building;
    }
    return files?.get(path);
  }

  return {
    async rebuild() {
      const before = files;
      building = build();
      await building;
      return before !== undefined && !isSame(before, files);
    },
    forgetContract() {
      contract = undefined;
    },
    async answer(path) {
      const body = await find(path);
      if (body === undefined) return { status: 404, headers: {}, body: null };
      return { status: 200, headers: { ...headersOf(path), "Content-Type": typeOf(path === "/" ? "index.html" : path) ?? "" }, body };
    },
    async dispose() {
      await Promise.all([embed.dispose(), dashboard.dispose()]);
    },
  };
}
