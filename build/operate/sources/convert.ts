import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { InvalidInput } from "../../../src/domain/invalid.ts";
import { parseHttpUrl, parseSite } from "../../../src/domain/site.ts";
import { createProgress } from "../../progress.ts";
import { givenPath } from "../../root.ts";
import { reasonOf, ServiceError } from "../service.ts";
import { type Collected, createCollector } from "./collect.ts";
import { csv } from "./csv.ts";
import { goatcounter } from "./goatcounter.ts";
import { leancloud } from "./leancloud.ts";
import { LIVE } from "./live/counters.ts";
import { type LiveCounter, readLive } from "./live/read-live.ts";
import { openReadings, parseReadings } from "./live/readings.ts";
import { readSitemap } from "./live/sitemap.ts";
import { busuanzi, hits, vercount } from "./live-source.ts";
import { plausible } from "./plausible.ts";
import type { Source } from "./source.ts";
import { umami } from "./umami.ts";
import { unpack } from "./unpack.ts";
import { waline } from "./waline.ts";

const SOURCES: Readonly<Record<string, Source>> = {
  leancloud,
  goatcounter,
  plausible,
  umami,
  hits,
  waline,
  vercount,
  busuanzi,
  csv,
};

/** What `--from` takes. */
export const SOURCE_NAMES: readonly string[] = Object.keys(SOURCES);

const TIMEOUT_MS = 30_000;

/** What to convert. */
export interface Conversion {
  /** One of {@link SOURCE_NAMES}. */
  readonly from: string;
  /** The export; for a live counter a sitemap (a file or a URL), or readings that are complete. */
  readonly file: string;
  readonly site: string;
  /** The live counter's address, where it is not the public one; without a slash at its end. */
  readonly counter?: string | undefined;
}

/**
 * Converts another counter's export to the lines of an import; a live counter is read first, which takes a second a page. Throws
 * `InvalidInput` for what is no such export, {@link ServiceError} where a live counter does not answer.
 */
export async function convert({ from, file, site: name, counter }: Conversion): Promise<Collected> {
  const source = SOURCES[from] ?? csv;
  const site = parseSite(name);
  const live = LIVE[from];
  const path = live ? await readCounter(live, { from, file, site, counter }) : file;
  const collector = createCollector(site);
  source.parse(await unpack(basename(path), await readFile(path), source.reads), collector);
  return collector.end();
}

/** Writes lines where {@link ../cut.ts} can read them, for as long as they are needed. */
export async function withLines<T>({ lines }: Collected, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "footfall-import-"));
  try {
    const path = join(folder, "lines.ndjson");
    await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The file with all readings of a counter. */
async function readCounter(live: LiveCounter, { from, file, site, counter }: Conversion): Promise<string> {
  const given = parseHttpUrl(file) === null ? parseReadings(file, await readFile(file, "utf8")) : null;
  if (given?.complete) return file;
  if (given) throw new InvalidInput(`${file} has not all readings yet; give the sitemap again, and reading goes on.`);
  const endpoint = counter ?? live.endpoint;
  const path = givenPath(`footfall-${from}-${site}.jsonl`);
  const readings = await openReadings(path, { counter: from, site, endpoint });
  if (readings.complete) {
    console.error(`${path} has all readings; nothing is read again. Remove it to read ${from} anew.`);
    return path;
  }
  const { urls, others } = await readSitemap(file, site, readText);
  if (others.length > 0)
    console.error(`${others.length} entries of the sitemap are no pages of ${site} and are not read, such as ${others[0]}`);
  console.error(`Reading ${urls.length} pages from ${endpoint}, one a second; what was read is kept in ${path}.`);
  const progress = createProgress("pages", urls.length);
  await readLive(live, endpoint, urls, readings, { fetch, sleep, note: progress.note, update: progress.update }).finally(progress.end);
  return path;
}

async function readText(address: string): Promise<string> {
  const url = parseHttpUrl(address);
  if (url === null) return unpackText(address, await readFile(address));
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new ServiceError(`${address} answered ${response.status}.`);
    return await unpackText(address, new Uint8Array(await response.arrayBuffer()));
  } catch (error) {
    if (error instanceof ServiceError || error instanceof InvalidInput) throw error;
    throw new ServiceError(`${address} cannot be read: ${reasonOf(error)}.`);
  }
}

/** A sitemap may be a gzip. */
async function unpackText(name: string, bytes: Uint8Array): Promise<string> {
  const [file] = await unpack(name, bytes, /\.xml$/);
  return file?.text ?? "";
}
