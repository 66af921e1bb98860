import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as settings from "../src/settings.ts";
import { ROOT } from "./root.ts";

const README = join(ROOT, "README.md");

/** What the README says of each setting, in this order, beside what src/settings.ts knows; its default, where that depends. */
const ABOUT: Readonly<Record<keyof typeof settings, { readonly meaning: string; readonly otherwise?: string }>> = {
  PORT: { meaning: "where to listen (dev: loopback)", otherwise: "8080; `npm run dev` 8787" },
  STORE: {
    meaning: "which store",
    otherwise:
      "`datastore` where one of `K_SERVICE`, `DATASTORE_EMULATOR_HOST`, `DATASTORE_PROJECT_ID`, `GOOGLE_SERVICE_ACCOUNT_KEY` is set, else `sqlite`",
  },
  SQLITE_PATH: { meaning: "the embedded store's file (Node)" },
  DATASTORE_PROJECT_ID: { meaning: "the project with the database", otherwise: "as Google's libraries" },
  DATASTORE_DATABASE_ID: { meaning: "the database", otherwise: "`(default)`" },
  DATASTORE_NAMESPACE: { meaning: "the namespace of all entities", otherwise: "the default one" },
  DATASTORE_EMULATOR_HOST: { meaning: "counts in an emulator" },
  GOOGLE_SERVICE_ACCOUNT_KEY: { meaning: "the service account's key, for Workers" },
  SITES: {
    meaning: "the host names that may count",
    otherwise: "`*` on Node without `K_SERVICE` and in `npm run dev`; required elsewhere",
  },
  DEFAULT_SITE: { meaning: "the site of a request that names none", otherwise: "the first of `SITES`, else `default`" },
  ADMIN_KEY: { meaning: "the key for administration", otherwise: "–; `dev` in `npm run dev`" },
  STATS_KEY: { meaning: "keys that read lists and series (`KEY` of all sites) and change nothing" },
  PUBLIC_STATS: { meaning: "lists and series without a key", otherwise: "`false`; `true` in `npm run dev`" },
  SHARDS: {
    meaning:
      "entities per counter in Datastore; `auto`: several while [many instances](build/bench/README.md#scaling) wait for each other. Safe to change at any time",
  },
  TIME_ZONE: { meaning: "at whose midnight a day begins" },
  VISITORS: {
    meaning: "whether visitors are estimated ([what is processed](src/domain/README.md))",
    otherwise: "`daily` where there is a source of the client's address, else `off`",
  },
  TAKEOVER: { meaning: "protocols of [other counters](src/routes/takeover/README.md) to answer as well", otherwise: "–" },
  CLIENT_IP_HEADER: {
    meaning: "the one header to trust for the client's address; `socket`: the connection's own",
    otherwise: "`CF-Connecting-IP` on workerd, else –",
  },
  CLIENT_IP_HOPS: { meaning: "of a list of addresses, how many entries at its end are proxies'" },
  VISITS_PER_MINUTE: {
    meaning: "per client address, 0: no limit; without a known address no such limit",
    otherwise: "120; 0 in `npm run dev`",
  },
  NEW_PAGES_BURST: { meaning: "budget of new pages per site: at once" },
  NEW_PAGES_PER_HOUR: { meaning: "and as it comes back" },
  PAGES: { meaning: "patterns of the pages that may be counted; others are refused with 403" },
  LOG: { meaning: "`all` logs every request; default only failures and slow ones" },
};

const SETTINGS = new Map(Object.entries(settings));

/** The README's table of settings. */
export function settingsTable(): string {
  const rows = Object.entries(ABOUT).map(([name, { meaning, otherwise }]) => {
    const setting = SETTINGS.get(name);
    return `| \`${name}\` | ${otherwise ?? shown(setting?.otherwise)} | ${setting?.allowed} | ${meaning} |`;
  });
  return ["| name | default | allowed | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

function shown(value: unknown): string {
  return typeof value === "string" ? `\`${value}\`` : String(value ?? "–");
}

if (import.meta.main) {
  const text = readFileSync(README, "utf8");
  writeFileSync(
    README,
    text.replace(/^\| name \| default \|.*(?:\n\|.*)*/m, () => settingsTable()),
  );
  console.log("README.md: the table of settings is written.");
}
