import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { readNodeConfig } from "../../src/config.ts";
import type { Identity } from "../../src/stores/datastore/identity.ts";
import { createKeys } from "../../src/stores/datastore/layout.ts";
import { openRestTransport } from "../../src/stores/datastore/open.ts";
import { commitAlone } from "../../src/stores/datastore/transaction.ts";
import type { Key } from "../../src/stores/datastore/transport.ts";
import type { Database } from "./claims-database.ts";

/** The namespace of these claims alone. */
const NAMESPACE = "footfall-claims";
const TIMEOUT_MS = 10_000;
/** Mutations in one commit. */
const DELETIONS = 500;

/**
 * Opens the database of the environment's DATASTORE_* settings: as the service account of GOOGLE_SERVICE_ACCOUNT_KEY, whose self-signed
 * token is a claim too, else as the account that gcloud is signed in as.
 */
export function openDatabase(): Database & { readonly emulated: boolean; removeAll(): Promise<void> } {
  const { datastore } = readNodeConfig({ ...process.env, STORE: "datastore", SITES: "*" });
  const transport = openRestTransport(datastore, { fetch, now: Date.now }, gcloudIdentity(datastore.project));
  const written = new Map<string, Key>();
  const call: Database["call"] = (method, request) => {
    if ("mutations" in request) {
      for (const { insert, update, upsert } of request.mutations) {
        const key = (insert ?? update ?? upsert)?.key;
        if (key) written.set(JSON.stringify(key), key);
      }
    }
    return transport.call(method, request, TIMEOUT_MS);
  };
  return {
    site: `${randomUUID()}.invalid`,
    keys: createKeys({ namespaceId: NAMESPACE }),
    call,
    emulated: datastore.emulator !== undefined,
    async removeAll() {
      const keys = [...written.values()];
      for (let start = 0; start < keys.length; start += DELETIONS) {
        const mutations = keys.slice(start, start + DELETIONS).map((key) => ({ delete: key }));
        await commitAlone({ call }, mutations);
      }
    },
  };
}

function gcloudIdentity(project: string | undefined): Identity {
  let token: Promise<string> | undefined;
  return {
    async project() {
      if (project === undefined) throw new TypeError("DATASTORE_PROJECT_ID is not set; allowed is the project's id.");
      return project;
    },
    token() {
      token ??= promisify(execFile)("gcloud", ["auth", "print-access-token"]).then(({ stdout }) => stdout.trim());
      return token;
    },
    forget() {
      token = undefined;
    },
  };
}
