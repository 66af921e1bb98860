import type { Outcome } from "../../src/domain/pending.ts";
import { createRecorder } from "../../src/domain/recorder.ts";
import type { Visitor } from "../../src/domain/visitors/visitor.ts";
import * as google from "../../src/platform/node/google.ts";
import { createGrpcTransport } from "../../src/platform/node/grpc-transport.ts";
import { emulatorIdentity } from "../../src/stores/datastore/identity.ts";
import { openDatastore } from "../../src/stores/datastore/open.ts";
import { createRestTransport } from "../../src/stores/datastore/rest.ts";

/** A visit to count, and what came of it. */
export interface Ask {
  readonly ask: number;
  readonly site: string;
  readonly page: string;
  readonly id: string | null;
  readonly visitor: Visitor;
}
export type Told = { readonly ask: number } & ({ readonly outcome: Outcome } | { readonly error: string });

/** An instance in a process of its own, which can be killed: `node counter-process.ts grpc|rest HOST:PORT PROJECT`. */
const [kind, emulator = "", project = ""] = process.argv.slice(2);
const transport =
  kind === "grpc"
    ? createGrpcTransport({ google, emulator, project, databaseId: "" })
    : createRestTransport({ origin: `http://${emulator}`, databaseId: "", identity: emulatorIdentity(project), fetch });
// The salts are not asked for: visits come with their visitors.
const store = openDatastore(transport, { namespaceId: "", emulator }, 1, transport);
const recorder = createRecorder({ store, now: Date.now, newId: () => crypto.randomUUID() });

process.on("message", ({ ask, site, page, id, visitor }: Ask) => {
  const tell = (told: Told) => process.connected && process.send?.(told);
  recorder.record(site, { page, id, day: "2026-11-22", visitor }).then(
    (outcome) => tell({ ask, outcome }),
    (error: unknown) => tell({ ask, error: String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
