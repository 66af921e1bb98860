import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { readOptions } from "../options.ts";
import { fail } from "../root.ts";
import { apiKey, COMMON, serviceUrl } from "./options.ts";
import { connectTo, reasonOf, ServiceError } from "./service.ts";

const LINE_FEED = 0x0a;
/** How long a whole export may take. */
const EXPORT_MS = 60 * 60_000;

async function main(): Promise<void> {
  const { values } = readOptions({
    name: "npm run export --",
    about: "Writes a site's pages, totals and days as NDJSON, in the form that an import takes.",
    options: {
      ...COMMON,
      site: { value: "SITE", help: "whose pages; else the service's default site" },
      out: {
        value: "FILE",
        help: "a file, which is there only once it is complete; else standard output\n(then: npm run --silent export -- …)",
      },
    },
  });
  const service = connectTo({
    url: serviceUrl("--url", values.url),
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

/** Renames the file once it is complete, so that a part is never taken for the whole. */
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
  // The reader closed the pipe, as `head` does.
  if (error.code === "EPIPE") process.exit(0);
  if (error instanceof ServiceError || (error.syscall !== undefined && error.code !== "ECONNRESET")) fail(error.message);
  fail(`The export broke off (${reasonOf(error)}); what came is not all of it. Run the command again.`);
});
