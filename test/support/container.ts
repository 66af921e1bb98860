import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Running, start } from "../../build/process.ts";
import { ROOT } from "../../build/root.ts";

/** The image built from the Dockerfile, and a container of it. */
export interface Container {
  /** The image's configuration, as the runtime finds it. */
  readonly config: { readonly User: string; readonly Entrypoint: readonly string[]; readonly Labels: Readonly<Record<string, string>> };
  /** The root of its file system, for looking at from outside. */
  readonly root: string;
  /** Runs a program in it as the image's own user. */
  run(command: readonly string[], env?: Readonly<Record<string, string>>): Running;
  remove(): Promise<void>;
}

const exec = promisify(execFile);
/** Debian packages and npm's are fetched. */
const SLOW_MS = 480_000;
const DEBIAN = "bookworm";

/** Builds the real Dockerfile, unchanged, on stand-ins for the images that it starts from, and makes a container. */
export async function buildContainer(): Promise<Container> {
  const folder = await mkdtemp(join(tmpdir(), "footfall-image-"));
  const storage = ["--storage-driver", "vfs", "--root", join(folder, "storage"), "--runroot", join(folder, "run")];
  const buildah = async (...args: string[]) =>
    (await exec("buildah", [...storage, ...args], { timeout: SLOW_MS, maxBuffer: 2 ** 26 })).stdout.trim();
  const build = (context: string, tag: string, ...more: string[]) =>
    buildah("bud", "--isolation", "chroot", "--pull-never", ...more, "-t", tag, context);
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    for (const base of await bases()) await build(await standIn(base), `docker.io/library/${base}`);
    await build(ROOT, "footfall", ...(await settingsOfNpm()));
    const container = await buildah("from", "--pull-never", "localhost/footfall");
    const { config } = JSON.parse(await buildah("inspect", "--type", "image", "localhost/footfall")).Docker;
    const root = await buildah("mount", container);
    return {
      config,
      root,
      run(command, env = {}) {
        const variables = Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
        const [user = ""] = String(config.User).split(":");
        return start("buildah", [...storage, "run", "--isolation", "chroot", "--user", user, ...variables, container, "--", ...command]);
      },
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** What the Dockerfile starts from, but for its own stages and nothing. */
async function bases(): Promise<string[]> {
  const dockerfile = await readFile(join(ROOT, "Dockerfile"), "utf8");
  return [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base = ""]) => base).filter((base) => base !== "scratch");
}

/** The context of an image that has what Docker's official `node` image has: Debian, Node and npm. Kept for the next run. */
async function standIn(base: string): Promise<string> {
  const folder = join(ROOT, "node_modules", ".cache", "footfall", base.replaceAll(/[^\w.]+/g, "-"));
  if (await stat(folder).catch(() => null)) return folder;
  const work = await mkdtemp(join(tmpdir(), "footfall-base-"));
  try {
    const root = join(work, "root");
    await exec("debootstrap", ["--variant=minbase", DEBIAN, root], { timeout: SLOW_MS, maxBuffer: 2 ** 26 });
    const [bin, modules] = [join(root, "usr/local/bin"), join(root, "usr/local/lib/node_modules")];
    await cp(await realpath(join(ROOT, "node_modules", ".bin", "node")), join(bin, "node"));
    await cp(join((await exec("npm", ["root", "--global"])).stdout.trim(), "npm"), join(modules, "npm"), { recursive: true });
    await symlink("../lib/node_modules/npm/bin/npm-cli.js", join(bin, "npm"));
    const context = join(work, "context");
    await mkdir(context);
    await exec("tar", ["-C", root, "--exclude=./var/cache/apt/archives/*.deb", "-cf", join(context, "root.tar"), "."], {
      timeout: SLOW_MS,
    });
    const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    await writeFile(join(context, "Dockerfile"), `FROM scratch\nADD root.tar /\nENV PATH=${path}\n`);
    await mkdir(dirname(folder), { recursive: true });
    // By a copy beside it: a move does not cross file systems, and half a copy must not pass for one.
    await cp(context, `${folder}.part`, { recursive: true });
    await rename(`${folder}.part`, folder);
    return folder;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** How this machine's npm reaches its registry, read-only and only while the image is built; the Dockerfile knows nothing of it. */
async function settingsOfNpm(): Promise<string[]> {
  const { stdout } = await exec("npm", ["config", "get", "globalconfig", "cafile", "--no-workspaces"], { cwd: homedir() });
  const setting = (name: string) => new RegExp(`^${name}=(.+)$`, "m").exec(stdout)?.[1] ?? "";
  const cafile = setting("cafile");
  const volumes: [from: string, to: string][] = [
    [setting("globalconfig"), "/usr/local/etc/npmrc"],
    [join(homedir(), ".npmrc"), "/root/.npmrc"],
    ...(cafile === "null" ? [] : ([[cafile, cafile]] as [string, string][])),
  ];
  const there = await Promise.all(volumes.map(async ([from]) => (await stat(from).catch(() => null)) !== null));
  return volumes.filter((_, index) => there[index]).flatMap(([from, to]) => ["--volume", `${from}:${to}:ro`]);
}

/** The process of a container in which Node runs: `buildah run` passes no signals on. */
export async function nodeProcess({ pid }: Running): Promise<number> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    const text = /^\d+$/.test(name) ? await readFile(`/proc/${name}/stat`, "utf8").catch(() => "") : "";
    const [, command, parent] = /\((.*)\) \S (\d+)/s.exec(text) ?? [];
    if (command !== undefined) parents.set(Number(name), Number(parent));
  }
  const descends = (child: number): boolean => child === pid || (child > 1 && descends(parents.get(child) ?? 0));
  const leaves = [...parents.keys()].filter((child) => descends(child) && ![...parents.values()].includes(child));
  const [leaf] = leaves;
  if (leaf === undefined || leaves.length > 1) throw new Error(`The container has ${leaves.length} processes without children.`);
  return leaf;
}
