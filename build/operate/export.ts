import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fail } from "../root.ts";
import { apiKey, readOptions, required, serviceUrl } from "./options.ts";
import { connectTo, reasonOf, ServiceError } from "./service.ts";

const USAGE = `npm run export -- --url URL [--key KEY] [--site SITE] [--out FILE]

Writes a site's pages, totals and days as NDJSON, in the form that an import takes.

  --url   the service's address
  --key   its API key; else ADMIN_KEY of the environment
  --site  whose pages; else the service's default site
  --out   a file, which is there only once it is complete; else standard output (then: npm run --silent export -- …)`;

const LINE_FEED = 0x0a;
/** How long a whole export may take. */
const EXPORT_MS = 60 * 60_000;

async function main(): Promise<void> {
  const option = { type: "string" } as const;
  const { values } = readOptions(USAGE, { url: option, key: option, site: option, out: option });
  const service = connectTo({
    url: serviceUrl("--url", required("url", values.url, USAGE)),
    key: apiKey(values.key),
    onRetry: (why, pause) => console.error(`${why}; asked again in ${pause / 1_000} s`),
  });
  const query = values.site === undefined ? "" : `?site=${encodeURIComponent(values.site)}`;
  const { body } = await service.request(`/v1/export${query}`, { timeoutMs: EXPORT_MS });
  const source = body === null ? Readable.from([]) : Readable.fromWeb(body);
  let lines = 0;
  async function* counted(chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      for (const byte of chunk) if (byte === LINE_FEED) lines += 1;
      yield chunk;
    }
  }
  const writeTo = (destination: Writable) => pipeline(source, counted, destination);
  await (values.out === undefined ? writeTo(process.stdout) : writeWhole(values.out, writeTo));
  console.error(`${lines.toLocaleString("en-US")} lines exported${values.out === undefined ? "" : ` to ${values.out}`}.`);
}

/** A part of an export must not be taken for one. */
async function writeWhole(path: string, writeTo: (destination: Writable) => Promise<void>): Promise<void> {
  const unfinished = `${path}.part`;
  try {
    await writeTo(createWriteStream(unfinished));
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

await main().catch((error: NodeJS.ErrnoException) => {
  // Whoever reads has enough, as `head` does.
  if (error.code === "EPIPE") process.exit(0);
  if (error instanceof ServiceError || (error.syscall !== undefined && error.code !== "ECONNRESET")) fail(error.message);
  fail(`The export broke off (${reasonOf(error)}); what came is not all of it. Run the command again.`);
});
