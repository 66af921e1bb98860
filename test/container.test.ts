import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { IMAGE_FILE, type Image } from "../build/image.ts";
import { freePort, type Running, waitForPort } from "../build/process.ts";
import { type Bom, LICENCES_FILE, SBOM_FILE } from "../build/sbom.ts";
import { NODE_FLAGS } from "../build/server.ts";
import packageJson from "../package.json" with { type: "json" };
import { licenceTexts, rowsWithoutText } from "./support/bill.ts";
import { buildContainer, type Container, nodeProcess } from "./support/container.ts";
import { emulatorHost } from "./support/emulator.ts";
import { requires } from "./support/skip.ts";

const BUILD_MS = 900_000;
const START_MS = 30_000;
const ADDED_BYTES = 6 * 1_024 * 1_024;
const CONNECTIONS = 64;
/** What a client meets when the server has closed: a request on such a connection was never accepted. */
const CLOSED = /^(?:ECONNREFUSED|ECONNRESET|EPIPE)$/;
/** Cloud Run's 10 s, less a margin. */
const STOP_MS = 8_000;

requires("buildah", "emulator")("the image", () => {
  let container: Container;
  const running: Running[] = [];

  beforeAll(async () => {
    container = await buildContainer();
  }, BUILD_MS);
  afterAll(async () => {
    await Promise.all(running.map((one) => one.stop()));
    await container?.remove();
  });

  async function serve(namespace: string): Promise<{ url: string; process: Running }> {
    const port = await freePort();
    const env = { PORT: String(port), DATASTORE_EMULATOR_HOST: await emulatorHost(), DATASTORE_NAMESPACE: namespace };
    const process = container.run(container.config.Entrypoint, env);
    running.push(process);
    await waitForPort(port, process, START_MS);
    return { url: `http://127.0.0.1:${port}`, process };
  }

  test("has a user without rights, an entry in exec form, and labels that agree with package.json", () => {
    const { User, Entrypoint, Labels } = container.config;
    expect(User).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(Entrypoint).toEqual(["/bin/node", ...NODE_FLAGS, "/app/server/index.cjs"]);
    expect(Labels).toMatchObject({
      "org.opencontainers.image.title": packageJson.name,
      "org.opencontainers.image.description": packageJson.description,
      "org.opencontainers.image.version": packageJson.version,
      "org.opencontainers.image.licenses": packageJson.license,
    });
  });

  test("holds Node, its libraries and what was built, which is at most 6 MB, and no shell, npm or source", async () => {
    const files = await listFiles(container.root);
    const image = sum(files);
    await mkdir(dirname(IMAGE_FILE), { recursive: true });
    await writeFile(IMAGE_FILE, JSON.stringify(image));
    expect(files.filter(({ path }) => /\bn[pv]m\b|\/(?:ba|da)?sh$|\.(?:ts|map)$/.test(path))).toEqual([]);
    expect(Object.keys(image.added)).toEqual(["app/assets", "app/server", "etc"]);
    expect(Object.values(image.added).reduce((total, size) => total + size)).toBeLessThanOrEqual(ADDED_BYTES);
  });

  test("has a row in its bill of materials for each file that is not ours, and each row's licence in full", async () => {
    const server = join(container.root, "app", "server");
    const { components }: Bom = JSON.parse(await readFile(join(server, SBOM_FILE), "utf8"));
    const ours = /^(?:app\/(?:server|assets)\/|etc\/nsswitch\.conf$)/;
    const files = (await listFiles(container.root))
      .filter(({ path, bytes }) => bytes > 0 && !ours.test(path))
      .map(({ path }) => `/${path}`);
    const claimed = components.flatMap(({ evidence }) => evidence?.occurrences ?? []).map(({ location }) => location);
    expect(files).toEqual(expect.arrayContaining(["/bin/node", expect.stringMatching(/\/libc\.so\.6$/)]));
    expect(claimed.toSorted()).toEqual(files.toSorted());
    expect(components.map(({ name }) => name)).toEqual(expect.arrayContaining(["libc6", "libgcc-s1", "libstdc++6"]));
    const texts = licenceTexts(await readFile(join(server, LICENCES_FILE), "utf8"));
    expect(rowsWithoutText(components, texts)).toEqual([]);
    // Debian's texts name others by their paths.
    const named = [...texts.values()].flatMap((text) => text.match(/\/usr\/share\/common-licenses\/[\w.-]*\w/g) ?? []);
    expect(named.filter((file) => !texts.has(file))).toEqual([]);
  });

  test("has nothing that its user can write to", async () => {
    const script = `const { readdirSync, lstatSync, accessSync } = require("node:fs");
const mounted = /^\\/(?:proc|sys|dev)$/;
const found = [];
const walk = (path) => {
  const entry = lstatSync(path);
  if (entry.isSymbolicLink() || mounted.test(path)) return;
  try { accessSync(path, 2); found.push(path); } catch {}
  if (entry.isDirectory()) for (const name of readdirSync(path)) walk(path === "/" ? "/" + name : path + "/" + name);
};
walk("/");
console.log(JSON.stringify({ uid: process.getuid(), found }));`;
    const process = container.run(["/bin/node", "-e", script]);
    expect(await process.exited).toBe(0);
    expect(JSON.parse(process.output())).toEqual({ uid: Number(container.config.User.split(":")[0]), found: [] });
  });

  test("holds what V8 compiled for the very Node that is in it", async () => {
    const script = `const vm = require("node:vm");
vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    console.log(options.filename, "refused:", this.cachedDataRejected);
    process.exit();
  }
};
require("/app/server/index.cjs");`;
    const process = container.run(["/bin/node", ...NODE_FLAGS, "-e", script]);
    expect(await process.exited).toBe(0);
    expect(process.output()).toBe("/app/server/service.cjs refused: false\n");
  });

  test("counts, and at SIGTERM under load answers all that it accepted and exits with 0", async () => {
    const namespace = `container-${Date.now()}`;
    const first = await serve(namespace);
    const load = countUntilClosed(first.url);
    await expect.poll(() => load.answered(), { timeout: START_MS }).toBeGreaterThan(10 * CONNECTIONS);
    const asked = Date.now();
    process.kill(await nodeProcess(first.process), "SIGTERM");
    expect(await first.process.exited).toBe(0);
    expect(Date.now() - asked).toBeLessThan(STOP_MS);
    expect(await load.failures).toEqual([]);

    const second = await serve(namespace);
    const read = await fetch(`${second.url}/v1/visits?page=/load`);
    expect(await read.json()).toMatchObject({ pages: [{ page: "/load", visits: load.answered() }] });
  });
});

/** Sends visits over many connections, each until the server takes no more; `failures` are what a client was left alone with. */
function countUntilClosed(url: string): { answered(): number; failures: Promise<string[]> } {
  let answered = 0;
  const failures: string[] = [];
  async function client(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      for (;;) {
        const status = await post(`${url}/v1/visits`, agent);
        if (status === 200) answered += 1;
        else failures.push(`answered ${status}`);
      }
    } catch (error) {
      const { code = "", message } = error as NodeJS.ErrnoException;
      if (!CLOSED.test(code)) failures.push(`${code}: ${message}`);
    } finally {
      agent.destroy();
    }
  }
  const done = Promise.all(Array.from({ length: CONNECTIONS }, client)).then(() => failures);
  return { answered: () => answered, failures: done };
}

function post(url: string, agent: Agent): Promise<number> {
  const body = '{"page":"/load"}';
  const headers = { "Content-Type": "application/json", "Content-Length": String(body.length) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      response
        .on("error", reject)
        .on("end", () => resolve(response.statusCode ?? 0))
        .resume();
    });
    sent.on("error", reject).end(body);
  });
}

interface File {
  readonly path: string;
  readonly bytes: number;
}

async function listFiles(root: string): Promise<File[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(paths.map(async (path) => ({ path: relative(root, path), bytes: (await stat(path)).size })));
}

/** Sizes by what the files are. The container's own additions, such as its host's name, are empty or no files. */
function sum(files: readonly File[]): Image {
  const added: Record<string, number> = {};
  let node = 0;
  let libraries = 0;
  for (const { path, bytes } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const [top = "", next = ""] = path.split("/");
    if (path === "bin/node") node += bytes;
    else if (/\.so(?:\.\d+)*$/.test(path)) libraries += bytes;
    else {
      const part = top === "app" ? `${top}/${next}` : top;
      added[part] = (added[part] ?? 0) + bytes;
    }
  }
  return { node, libraries, added };
}
