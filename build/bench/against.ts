import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { DIST, fail, ROOT } from "../root.ts";
import { table } from "../size.ts";
import { median, medianInterval, shortly } from "../statistics.ts";
import { git } from "./machine.ts";

/** Another commit, built. */
export interface Earlier {
  /** Its short name. */
  readonly commit: string;
  readonly dist: string;
  readonly server: string;
  /** What it tells Node. */
  readonly flags: readonly string[];
}

/** Fewer pairs of measurements cannot tell a difference from noise. */
export const LEAST_PAIRS = 6;

/** Builds a commit below `dist/bench/against/`, where it stays, with the packages of its own lockfile. */
export async function buildEarlier(ref: string): Promise<Earlier> {
  const commit = git("rev-parse", "--verify", "--quiet", "--short", `${ref}^{commit}`);
  if (!commit) return fail(`--against is "${ref}"; allowed is a commit of this repository.`);
  const home = join(DIST, "bench", "against", commit);
  if (!existsSync(home)) await build(commit, home);
  const dist = join(home, "dist");
  return { commit, dist, server: join(dist, "server", "index.cjs"), flags: JSON.parse(await readFile(join(home, "flags.json"), "utf8")) };
}

async function build(commit: string, home: string): Promise<void> {
  await mkdir(join(home, ".."), { recursive: true });
  const folder = await mkdtemp(`${home}-`);
  const run = { cwd: folder, all: true } as const;
  try {
    console.error(`building ${commit} …`);
    await execa(run)`tar -x -f ${await archive(commit, folder)}`;
    // Hard links where the packages are the same: the build looks for them below its own folder.
    const same = (await lockOf(folder)) === (await lockOf(ROOT));
    if (same) await execa(run)`cp -al ${join(ROOT, "node_modules")} ${folder}`;
    else await execa(run)`npm ci --ignore-scripts --no-progress`;
    // Over a budget it is built all the same.
    const { all } = await execa({ ...run, reject: false })`${process.execPath} ${join("build", "bundle.ts")}`;
    if (!existsSync(join(folder, "dist", "server", "index.cjs"))) throw new Error(`${commit} does not build:\n${all}`);
    const told = join(folder, "build", "server.ts");
    const { NODE_FLAGS: flags = [] } = existsSync(told) ? await import(told) : {};
    await writeFile(join(folder, "flags.json"), JSON.stringify(flags));
    await mkdir(home);
    for (const part of ["dist", "flags.json"]) await rename(join(folder, part), join(home, part));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function archive(commit: string, folder: string): Promise<string> {
  const file = join(folder, "sources.tar");
  await execa({ cwd: ROOT })`git archive --output=${file} ${commit}`;
  return file;
}

function lockOf(folder: string): Promise<string> {
  return readFile(join(folder, "package-lock.json"), "utf8");
}

/** A figure of both commits: the values of one next to their neighbours of the other. */
export interface Pair {
  readonly name: string;
  readonly before: readonly number[];
  readonly here: readonly number[];
}

/** The median of the ratios of neighbours: whatever else the machine did, it did to both. */
export function ratioOf(pair: Pick<Pair, "before" | "here">): number {
  return median(ratios(pair));
}

/** What differs from the earlier commit, and whether by more than noise, as a table. */
export function compared({ commit }: Earlier, pairs: readonly Pair[]): string {
  const rows = pairs.map((pair) => {
    const [low, high] = medianInterval(ratios(pair));
    const moved = low > 1 || high < 1 ? "moved" : "within noise";
    const middles = [median(pair.before), median(pair.here), ratioOf(pair)].map(shortly);
    return [pair.name, ...middles, `${shortly(low)} to ${shortly(high)}`, moved];
  });
  return table([["", commit, "here", "ratio", "95 % of it", ""], ...rows]);
}

function ratios({ before, here }: Pick<Pair, "before" | "here">): number[] {
  return here.map((value, index) => value / (before[index] ?? Number.NaN)).filter((ratio) => !Number.isNaN(ratio));
}
