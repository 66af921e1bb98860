import { InvalidInput } from "../../src/domain/invalid.ts";
import { parseHttpUrl, parseSite } from "../../src/domain/site.ts";
import { readOptions } from "../options.ts";
import { createProgress } from "../progress.ts";
import { fail, givenPath } from "../root.ts";
import { grouped } from "../statistics.ts";
import { cutFile, survey } from "./cut.ts";
import { apiKey, COMMON, serviceUrl } from "./options.ts";
import { connectTo, defaultSite, ServiceError } from "./service.ts";
import { convert, SOURCE_NAMES, withLines } from "./sources/convert.ts";
import { previewOf, reportOf } from "./sources/report.ts";

const COMMAND = {
  name: "npm run import --",
  about: `Adds the numbers in FILE to what the service has. FILE is NDJSON as an export writes it, a line each:
  {"page":"/blog","visits":42,"days":{"2026-11-22":3}}`,
  positionals: ["FILE"],
  options: {
    ...COMMON,
    url: { value: "URL", help: "the service's address, its API key in ADMIN_KEY of the environment; a dry run with --site needs neither" },
    from: {
      value: "COUNTER",
      help: `FILE is another counter's export: ${SOURCE_NAMES.join(", ")}.
For vercount, busuanzi and hits FILE is the site's sitemap (a file or a URL): they are read page by page`,
      allowed: [new RegExp(`^(?:${SOURCE_NAMES.join("|")})$`), SOURCE_NAMES.join(", ")],
    },
    counter: { value: "URL", help: "where vercount, busuanzi or hits runs, if not at its public address" },
    "dry-run": { help: "says what would be added, and adds nothing (a live counter is read, and what it said is kept)" },
    site: { value: "SITE", help: "whose pages they are; else the service's default site" },
    id: {
      value: "ID",
      help: "a name for this import; else one that is made of FILE's content and the site",
      allowed: [/^[A-Za-z0-9_-]{8,100}$/, "8 to 100 characters of A-Z, a-z, 0-9, _ and -"],
    },
  },
  notes: `An import that broke off goes on when it is started again: within 48 hours, what was added under this name is not added twice.
To add the same file once more on purpose, give it an --id of its own.`,
} as const;

async function main(): Promise<void> {
  const { values, positionals } = readOptions(COMMAND);
  const [given = ""] = positionals;
  // A sitemap may be a URL.
  const file = parseHttpUrl(given) === null ? givenPath(given) : given;
  const dryRun = values["dry-run"];
  if (!values.url && !(dryRun && values.site)) fail(`--url is missing; see ${COMMAND.name} --help`);
  const url = values.url && serviceUrl("--url", values.url);
  const key = dryRun ? undefined : apiKey();

  let progress = createProgress("lines", 0);
  const service = url
    ? connectTo({ url, ...(key && { key }), onRetry: (why, pause) => progress.note(`${why}; sent again in ${pause / 1_000} s`) })
    : null;
  const site = values.site !== undefined ? parseSite(values.site) : service ? await defaultSite(service) : "";
  if (values.from === undefined) return addFile(file);
  const counter = values.counter === undefined ? undefined : serviceUrl("--counter", values.counter);
  const collected = await convert({ from: values.from, file, site, counter });
  console.log(reportOf(collected));
  if (dryRun && collected.lines.length > 0) console.log(previewOf(collected.lines));
  return withLines(collected, addFile);

  async function addFile(path: string): Promise<void> {
    const start = performance.now();
    const { lines, visits, digest } = await survey(path, site);
    if (lines === 0) throw new InvalidInput(`${file} has nothing to add.`);
    if (dryRun || service === null) {
      console.log(`${grouped(lines)} lines with ${grouped(visits)} visits would be added to ${site}; nothing was sent.`);
      return;
    }
    const id = values.id ?? digest;
    progress = createProgress("lines", lines);
    progress.update(0);

    let done = 0;
    let requests = 0;
    for await (const part of cutFile(path)) {
      requests += 1;
      const answer = await service.request(`/v1/import?site=${encodeURIComponent(site)}`, {
        method: "POST",
        headers: { "Content-Type": "application/x-ndjson", "Idempotency-Key": `${id}-${requests}` },
        body: part.text,
      });
      done += ((await answer.json()) as { lines: number }).lines;
      progress.update(done);
    }
    progress.end();
    const seconds = (performance.now() - start) / 1_000;
    console.log(
      `${grouped(done)} lines with ${grouped(visits)} visits are in ${site} (${grouped(requests)} requests, ${seconds.toFixed(1)} s, ` +
        `${grouped(Math.round(done / seconds))} lines/s).`,
    );
  }
}

await main().catch((error: NodeJS.ErrnoException) => {
  if (error instanceof InvalidInput) fail(`Nothing was sent: ${error.message}`);
  if (error instanceof ServiceError)
    fail(`\n${error.message}\nOnce that is put right, run the same command again: it goes on, and adds nothing twice.`);
  if (error.syscall !== undefined) fail(error.message);
  throw error;
});
