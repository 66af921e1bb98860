import { finished } from "node:stream/promises";
import { InvalidInput } from "../../src/domain/invalid.ts";
import { readOptions } from "../options.ts";
import { createProgress } from "../progress.ts";
import { fail, givenPath } from "../root.ts";
import { grouped } from "../statistics.ts";
import { apiKey, COMMON, serviceUrl } from "./options.ts";
import { openPart, type Part } from "./part.ts";
import { connectTo, type Service, ServiceError } from "./service.ts";

/** Pages that are asked for at a time; an answer ends early where it is long. */
const PAGES = 5_000;
/** How long one answer may take: as long as the gateway waits for it. */
const ANSWER_MS = 300_000;

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
        allowed: [/./, "a file's path"],
      },
    },
    notes: "An export to a file that broke off goes on when it is started again.",
  });
  const url = serviceUrl("--url", values.url);
  const progress = createProgress("lines", 0);
  const service = connectTo({
    url,
    key: apiKey(),
    onRetry: (why, pause) => progress.note(`${why}; asked again in ${pause / 1_000} s`),
  });
  const first = `?${new URLSearchParams({ ...(values.site !== undefined && { site: values.site }), limit: String(PAGES) })}`;
  const out = values.out === undefined ? null : givenPath(values.out);
  const lines = await (out === null ? toOutput(service, first) : toFile(service, first, await openPart(out, url + first)));
  console.error(`${grouped(lines)} lines exported${out === null ? "" : ` to ${out}`}.`);
  // The first line is the site's own: a misspelt site is answered like an empty one.
  if (lines < 2) console.error(`${values.site ?? "The service's default site"} has no pages there.`);
}

async function toFile(service: Service, first: string, part: Part): Promise<number> {
  if (part.next !== null) console.error(`Goes on behind ${grouped(part.lines)} lines.`);
  for await (const { text, next } of pagesOf(service, part.next ?? first)) await part.append(text, next);
  return part.finish();
}

async function toOutput(service: Service, first: string): Promise<number> {
  let lines = 0;
  for await (const { text } of pagesOf(service, first)) {
    lines += text.split("\n").length - 1;
    if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once("drain", resolve));
  }
  process.stdout.end();
  await finished(process.stdout).catch(() => {});
  return lines;
}

/** The answers from a query on, and the query of the one behind each. */
async function* pagesOf(service: Service, first: string): AsyncGenerator<{ text: string; next: string | null }> {
  for (let query: string | null = first; query !== null; ) {
    const answer = await service.request(`/v1/export${query}`, { timeoutMs: ANSWER_MS, type: "application/x-ndjson" });
    const next: string | null = /<(\?[^>]*)>;\s*rel="next"/.exec(answer.headers.get("link") ?? "")?.[1] ?? null;
    yield { text: await answer.text(), next };
    query = next;
  }
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader closed the pipe, as `head` does.
  if (error.code === "EPIPE") process.exit(0);
  fail(`${error.message}: what was written is not all of it.`);
});
await main().catch((error: NodeJS.ErrnoException) => {
  if (error instanceof ServiceError) fail(`${error.message}\nThe export broke off; what came is not all of it. Run the command again.`);
  if (error instanceof InvalidInput || error.syscall !== undefined) fail(error.message);
  throw error;
});
