import { execFile } from "node:child_process";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { relative } from "node:path";
import { promisify } from "node:util";
import { headersOf, typeOf } from "../../src/api/asset-headers.ts";
import { ASSETS, dashboardOptions, dashboardPage, embedOptions } from "../assets.ts";
import { ROOT } from "../root.ts";
import { createCompiler } from "./compile.ts";
import { http } from "./http.ts";

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
  /** The host and port of what answers for the worker's binding, as Workers do. */
  readonly address: Promise<string>;
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

  async function answer(path: string, response: ServerResponse): Promise<void> {
    const body = await find(path);
    if (body === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { ...headersOf(path), "Content-Type": typeOf(path === "/" ? "index.html" : path) }).end(body);
  }

  // A server of its own: workerd asks it by itself, where a function of Miniflare's would need one more worker between them.
  const server = http.createServer((request, response) => {
    answer(new URL(request.url ?? "/", "http://assets").pathname, response).catch((error: Error) => {
      response.writeHead(500).end(error.message);
    });
  });
  const address = new Promise<string>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", () => resolve(`127.0.0.1:${(server.address() as AddressInfo).port}`));
  });

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
    address,
    async dispose() {
      server.close();
      server.closeAllConnections();
      await Promise.all([embed.dispose(), dashboard.dispose()]);
    },
  };
}
