import { execFile } from "node:child_process";
import { relative } from "node:path";
import { isDeepStrictEqual, promisify } from "node:util";
import { ASSETS, dashboardOptions, dashboardPage, embedOptions, takeoverOptions } from "../assets.ts";
import { ROOT } from "../root.ts";
import { createCompiler } from "./compile.ts";

const CONTRACT_PATH = "/openapi.json";
/** In a process of its own: this one has loaded the sources once and for all. */
const DESCRIBE = 'import { describeAll } from "./build/openapi/write.ts"; console.log(JSON.stringify(describeAll().contract));';
const DESCRIBE_MS = 20_000;

type Content = Uint8Array | string;

/** The website's script, the dashboard and openapi.json, built in memory when they are first needed. */
export interface WebParts {
  /** The file at a path, such as `/embed.js`; `undefined` where there is none. */
  find(path: string): Promise<Content | undefined>;
  /** Builds again; answers whether that changed anything. Throws where a source is wrong; the last good version stays. */
  update(): Promise<boolean>;
}

/** Prepares the web parts. */
export function createWebParts(): WebParts {
  const compileScripts = [embedOptions, takeoverOptions].map((options) => createCompiler(options, "inline"));
  const compileDashboard = createCompiler(dashboardOptions, "inline");
  let files: Promise<Record<string, Content>> | undefined;
  let contract: Promise<string> | undefined;

  async function build(): Promise<Record<string, Content>> {
    const [dashboard, ...scripts] = await Promise.all([compileDashboard(), ...compileScripts.map((compile) => compile())]);
    const outputs = [dashboard, ...scripts].flatMap(({ outputFiles }) => outputFiles);
    const files = Object.fromEntries(outputs.map(({ path, contents }) => [`/${relative(ASSETS, path)}`, contents]));
    return { ...files, "/": await dashboardPage(dashboard.metafile) };
  }

  return {
    async find(path) {
      if (path === CONTRACT_PATH) {
        contract ??= describeContract();
        return contract;
      }
      files ??= build();
      return (await files)[path];
    },
    async update() {
      contract = undefined;
      const before = await files?.catch(() => undefined);
      const after = await build();
      files = Promise.resolve(after);
      return before !== undefined && !isDeepStrictEqual(before, after);
    },
  };
}

async function describeContract(): Promise<string> {
  const args = ["--input-type=module", "--eval", DESCRIBE];
  const options = { cwd: ROOT, timeout: DESCRIBE_MS, maxBuffer: 2 ** 24 };
  const { stdout } = await promisify(execFile)(process.execPath, args, options).catch((error: Error & { stderr?: string }) => {
    const { message, stderr = "" } = error;
    console.log(`openapi.json cannot be made: ${/^Error: (.+)$/m.exec(stderr)?.[1] ?? message}`);
    throw error;
  });
  return stdout;
}
