import { styleText } from "node:util";
import { InvalidInput } from "../../src/domain/invalid.ts";
import { normalizePage } from "../../src/domain/page.ts";
import { parseSite } from "../../src/domain/site.ts";
import { ConfigError } from "../../src/environment.ts";
import { readOptions, refuse } from "../options.ts";
import { fail } from "../root.ts";
import { AddressError, confirmAddress, createSettings } from "./address.ts";
import { CHECKS } from "./checks.ts";
import { listClaims, PRODUCTION_CLAIMS } from "./claims.ts";
import { openDatabase } from "./database.ts";
import { optionalKey, serviceUrl } from "./options.ts";
import { createProbe, type Probe } from "./probe.ts";
import { connectTo, defaultSite, reasonOf, ServiceError } from "./service.ts";

const COMMAND = {
  name: "npm run smoke --",
  about:
    "Checks a live service against its contract. It counts some 30 visits of one page; with the key (ADMIN_KEY in the\nenvironment) it then removes that page.",
  positionals: ["URL"],
  options: {
    site: { value: "SITE", help: "the site to count for; else the service's default site" },
    page: {
      value: "PAGE",
      default: "/footfall-smoke",
      help: "the page to count, which must be in PAGES where that is set; with the key its counter is removed",
    },
    "confirm-address": {
      help: `finds out which entry of X-Forwarded-For is the client's address behind the gateway, with a forged
header and without, and sets CLIENT_IP_HEADER and CLIENT_IP_HOPS of the service, or neither where it is
not sure. With it come the limit of visits per address, and visitors. Needs gcloud, --project and --region`,
    },
    project: { value: "PROJECT", help: "the service's, for --confirm-address" },
    region: { value: "REGION", help: "the service's, for --confirm-address" },
    service: { value: "NAME", default: "footfall", help: "its name, for --confirm-address" },
    claims: { help: "prints all that is unproved, each with the command that proves it" },
    "production-claims": {
      help: `also tries what Footfall believes of Google's production and has only seen on Google's emulator or
read in Google's documents. This list has never been run against production by its authors: a claim
that fails is worth an issue. URL has to be the gateway's; DATASTORE_PROJECT_ID, and
DATASTORE_DATABASE_ID if need be, say which database, where it writes to the namespace
footfall-claims alone and removes it again. It asks as the account that gcloud is signed in as, or
as that of GOOGLE_SERVICE_ACCOUNT_KEY.`,
    },
  },
} as const;

/** Something to try. */
interface Trial {
  readonly title: string;
  /** Why it is not tried. */
  readonly skip?: string | undefined;
  run(): Promise<void>;
}

async function main(): Promise<void> {
  // Needs no URL.
  if (process.argv.includes("--claims")) return console.log(listClaims());
  const { values, positionals } = readOptions(COMMAND);
  const url = serviceUrl("URL", positionals[0] ?? "");
  const key = optionalKey();
  const onRetry = (why: string, pauseMs: number) => console.error(`${why}; asked again in ${pauseMs / 1_000} s`);
  const site = await defaultSite(connectTo({ url, onRetry }));
  if (values["confirm-address"]) {
    const { project, region, service } = values;
    if (!project || !region || key === undefined) fail("--confirm-address needs --project, --region and the key in ADMIN_KEY.");
    return console.log(await confirmAddress({ url, key }, createSettings({ project, region, service })));
  }
  const own = values.site === undefined ? site : parseSite(values.site);
  const page = normalizePage(values.page, own);
  // An empty page is the home page as well, whose counter would be removed.
  if (page === "/") refuse("--page", values.page, "a page of these checks' own such as /footfall-smoke");
  const probe = createProbe({ url, key, site: own, page });

  console.log(`${url}, as ${probe.site}${probe.page}`);
  let failed = await tryAll(checksOf(probe));
  if (values["production-claims"]) failed += await tryClaims(probe);
  if (failed > 0) fail(`\n${failed} failed`);
}

function checksOf(probe: Probe): Trial[] {
  return CHECKS.map(({ title, keyed, run }) => ({
    title,
    skip: keyed && probe.key === undefined ? "it needs the key" : undefined,
    run: () => run(probe),
  }));
}

async function tryClaims(probe: Probe): Promise<number> {
  console.log("\nAPI Gateway, in production");
  const ofGateway = await tryAll(PRODUCTION_CLAIMS.gateway.map(({ title, run }) => ({ title, run: () => run(probe) })));
  console.log("\nDatastore, in production");
  const database = openDatabase();
  const ofDatastore = await tryAll(
    PRODUCTION_CLAIMS.datastore.map(({ title, notOnEmulator, run }) => ({
      title,
      skip: database.emulated && notOnEmulator ? `this is the emulator: ${notOnEmulator}` : undefined,
      run: () => run(database),
    })),
  );
  await database.removeAll();
  return ofGateway + ofDatastore;
}

/** Tries each in turn, prints what it came to, and answers how many failed. */
async function tryAll(trials: readonly Trial[]): Promise<number> {
  let failed = 0;
  for (const { title, skip, run } of trials) {
    if (skip !== undefined) {
      console.log(`${styleText("yellow", "skip  ")}  ${title}: ${skip}`);
      continue;
    }
    try {
      await run();
      console.log(`${styleText("green", "ok    ")}  ${title}`);
    } catch (error) {
      failed += 1;
      console.log(`${styleText("red", "FAILED")}  ${title}\n        ${reasonOf(error).replaceAll("\n", "\n        ")}`);
    }
  }
  return failed;
}

await main().catch((error: Error) => {
  const expected = [ServiceError, ConfigError, AddressError, InvalidInput].some((kind) => error instanceof kind);
  if (expected) fail(error.message);
  throw error;
});
