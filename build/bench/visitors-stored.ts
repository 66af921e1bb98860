import { randomBytes } from "node:crypto";
import { dayOf } from "../../src/domain/day.ts";
import { estimate } from "../../src/domain/visitors/estimator.ts";
import { createIdentify } from "../../src/domain/visitors/identity.ts";
import { SALT_BYTES } from "../../src/domain/visitors/salts.ts";
import { Sketch } from "../../src/domain/visitors/sketch.ts";
import { createHttpFetch } from "../../src/platform/node/http-fetch.ts";
import { createKeys } from "../../src/stores/datastore/layout.ts";
import { EMULATOR_PROJECT, openDatastore, openRestTransport } from "../../src/stores/datastore/open.ts";
import type { Entity, Properties, Transport, Value } from "../../src/stores/datastore/transport.ts";

/** What visits of so many different visitors leave in the store. */
interface Stored {
  readonly visitors: number;
  /** Bytes of the page's counter, and of its sketch entity. */
  readonly counter: number;
  readonly sketch: number;
}

/** Entity writes of {@link VISITORS} visits, marks included. */
interface Writes {
  readonly first: number;
  /** The same visitors once more. */
  readonly again: number;
}

export const VISITORS = 10_000;
/** Of these numbers of visitors the bytes are measured. */
const MEASURED = [20, 1_000, VISITORS];
/** Visits of one commit: about as many as 64 connections bring. */
const PER_COMMIT = 20;
const CALL_MS = 30_000;
const SITE = "example.com";
const PAGE = "/blog/a-page";

/**
 * Sends the visits of 10,000 different visitors to one page, twice, and measures what is written and what is stored. Throws where a visit
 * is not counted, or where what is shown is not what a sketch of all visitors says.
 *
 * @param emulator its `host:port`
 */
export async function measureStored(emulator: string, withVisitors: boolean): Promise<{ writes: Writes; stored: Stored[] }> {
  const namespaceId = `bench-stored-${withVisitors}-${Date.now().toString(36)}`;
  const settings = { project: EMULATOR_PROJECT, databaseId: "", namespaceId, emulator, serviceAccount: undefined };
  const rest = openRestTransport(settings, { fetch: createHttpFetch(), now: Date.now });
  let written = 0;
  const transport: Transport = {
    ...rest,
    call(method, request, timeoutMs) {
      if ("mutations" in request) written += request.mutations.length;
      return rest.call(method, request, timeoutMs);
    },
  };
  const store = openDatastore(transport, settings, 1, withVisitors ? rest : null);
  const identify = createIdentify(new Uint8Array(randomBytes(SALT_BYTES)));
  const day = dayOf(Date.now());
  const keys = createKeys({ namespaceId });
  const sketch = new Sketch();
  const stored: Stored[] = [];

  async function visit(from: number, to: number): Promise<void> {
    const visits = Array.from({ length: to - from }, (_, index) => {
      const address = `10.0.${(from + index) >> 8}.${(from + index) & 255}`;
      const visitor = identify(SITE, PAGE, { address, userAgent: "Mozilla/5.0" });
      sketch.add(visitor.page);
      return { page: PAGE, day, id: null, visitor };
    });
    const expireAt = Date.now() + CALL_MS;
    const { pages } = await store.commit({ id: crypto.randomUUID(), site: SITE, visits, expireAt }, expireAt);
    const { visits: all = 0, visitors: shown } = pages[PAGE] ?? {};
    const right = Math.min(all, estimate(sketch));
    if (withVisitors && shown?.total !== right) throw new Error(`${shown?.total} visitors are shown, a sketch of all says ${right}`);
  }

  async function measure(visitors: number): Promise<Stored> {
    const wanted = [keys.counter(SITE, PAGE, 0), keys.sketch(SITE, PAGE, 0)];
    const { found = [] } = await rest.call("lookup", { keys: wanted }, CALL_MS);
    const bytes = (depth: number) =>
      found.reduce((sum, { entity }) => (entity.key.path.length === depth ? sum + entityBytes(entity) : sum), 0);
    return { visitors, counter: bytes(2), sketch: bytes(3) };
  }

  async function visitByAll(): Promise<number> {
    const before = written;
    for (let from = 0; from < VISITORS; from += PER_COMMIT) {
      await visit(from, from + PER_COMMIT);
      if (stored.length < MEASURED.length && from + PER_COMMIT === MEASURED[stored.length]) stored.push(await measure(from + PER_COMMIT));
    }
    return written - before;
  }

  try {
    const writes = { first: await visitByAll(), again: await visitByAll() };
    const { visits } = (await store.totals(SITE, [PAGE], day)).site;
    if (visits !== 2 * VISITORS) throw new Error(`${2 * VISITORS} visits were answered, the store has ${visits}`);
    return { writes, stored };
  } finally {
    await store.close();
  }
}

/** Bytes of an entity as Google charges for them, without its index entries: https://cloud.google.com/datastore/docs/concepts/storage-size */
function entityBytes({ key, properties = {} }: Entity): number {
  const namespace = key.partitionId?.namespaceId;
  const path = key.path.reduce((sum, { kind, name }) => sum + textBytes(kind) + textBytes(name), 0);
  return (namespace ? textBytes(namespace) : 0) + path + 16 + propertyBytes(properties) + 32;
}

function propertyBytes(properties: Properties): number {
  return Object.entries(properties).reduce((sum, [name, value]) => sum + textBytes(name) + valueBytes(value), 0);
}

function valueBytes({ entityValue, stringValue }: Value): number {
  if (entityValue) return propertyBytes(entityValue.properties ?? {}) + 32;
  return stringValue === undefined ? 8 : textBytes(stringValue);
}

function textBytes(text: string): number {
  return Buffer.byteLength(text) + 1;
}
