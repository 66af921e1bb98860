import { createRequire } from "node:module";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ROOT } from "../../build/root.ts";
import { type CommitRequest, decodeCommit, encodeCommit } from "../../src/platform/node/commit-proto.ts";
import type { Key, Mutation, Properties, Value } from "../../src/stores/datastore/transport.ts";

/** A message type of Google's own. */
interface Type {
  fromObject(message: object): object;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): Record<string, unknown>;
}
const protos = join(ROOT, "node_modules", "@google-cloud", "datastore-api", "build", "protos", "protos.js");
const { CommitRequest: GoogleRequest, CommitResponse: GoogleResponse } = createRequire(import.meta.url)(protos).google.datastore.v1 as {
  CommitRequest: Type;
  CommitResponse: Type;
};

/** Long enough to need a length of two bytes, and more; of one to four bytes each in UTF-8. */
const text = fc.string({ unit: "grapheme", maxLength: 400 });
const integer = fc.maxSafeInteger();
const time = fc
  .date({ min: new Date("1970-01-01"), max: new Date("2500-01-01"), noInvalidDate: true })
  .chain((date) => fc.constantFrom(date.toISOString(), date.toISOString().replace("Z", "042001Z"), `${date.toISOString().slice(0, 19)}Z`));
const key: fc.Arbitrary<Key> = fc.record(
  { partitionId: fc.record({ namespaceId: text }), path: fc.array(fc.record({ kind: text, name: text }), { minLength: 1, maxLength: 3 }) },
  { requiredKeys: ["path"] },
);
const { properties } = fc.letrec<{ value: Value; properties: Properties }>((tie) => ({
  value: fc
    .tuple(
      fc.oneof(
        { maxDepth: 2 },
        integer.map((integerValue) => ({ integerValue: String(integerValue) })),
        text.map((stringValue) => ({ stringValue })),
        time.map((timestampValue) => ({ timestampValue })),
        key.map((keyValue) => ({ keyValue })),
        tie("properties").map((entries) => ({ entityValue: { properties: entries } })),
      ),
      fc.constantFrom({}, { excludeFromIndexes: false }, { excludeFromIndexes: true }),
    )
    .map(([one, indexed]) => ({ ...one, ...indexed })),
  properties: fc.dictionary(text, tie("value"), { maxKeys: 4, noNullPrototype: true }),
}));
const entity = fc.record({ key, properties });
const change = fc.oneof(
  integer.map((increment) => ({ increment: { integerValue: increment } })),
  integer.map((maximum) => ({ maximum: { integerValue: maximum } })),
);
const transform = fc.tuple(text, change).map(([property, one]) => ({ property, ...one }));
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  entity.map((insert) => ({ insert })),
  fc.record({
    upsert: entity,
    propertyMask: fc.record({ paths: fc.array(text) }),
    propertyTransforms: fc.array(transform, { maxLength: 4 }),
  }),
  key.map((each) => ({ delete: each })),
);
const bytes = fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each).toString("base64"));
const request: fc.Arbitrary<CommitRequest> = fc
  .tuple(
    fc.record({ projectId: text, databaseId: text, mutations: fc.array(mutation, { maxLength: 6 }) }),
    fc.oneof(
      fc.constant({ singleUseTransaction: { readWrite: {} } }),
      bytes.map((transaction) => ({ transaction })),
    ),
  )
  .map(([one, transaction]) => ({ mode: "TRANSACTIONAL", ...one, ...transaction }));

const PLAIN = { longs: String, enums: String, bytes: String, defaults: true, oneofs: true };

/** As Google's own types take times: in seconds and nanoseconds. */
function withProtoTimes(message: unknown): unknown {
  if (typeof message !== "object" || message === null) return message;
  if (Array.isArray(message)) return message.map(withProtoTimes);
  return Object.fromEntries(
    Object.entries(message).map(([name, one]) => {
      if (name !== "timestampValue" || typeof one !== "string") return [name, withProtoTimes(one)];
      const nanos = Number(/\.(\d+)Z$/.exec(one)?.[1]?.padEnd(9, "0") ?? 0);
      return [name, { seconds: Math.floor(Date.parse(one) / 1_000), nanos }];
    }),
  );
}

function expectReadAsWritten(one: CommitRequest): void {
  const read = GoogleRequest.toObject(GoogleRequest.decode(encodeCommit(one)), PLAIN);
  const same = GoogleRequest.toObject(GoogleRequest.fromObject(withProtoTimes(one) as object), PLAIN);
  expect(read).toEqual(same);
}

test("Google's own code reads from a commit what was written", () => {
  fc.assert(fc.property(request, expectReadAsWritten));
});

test.each([127, 128, 16_383, 16_384, 2_097_151, 2_097_152])("and from texts and messages of about %i bytes", (size) => {
  // A message is longer than its text by some bytes.
  for (let length = size - 16; length <= size; length += 1) {
    const one: Key = { path: [{ kind: "k", name: "n".repeat(length) }] };
    expectReadAsWritten({ mode: "TRANSACTIONAL", projectId: "p", databaseId: "", mutations: [{ insert: { key: one } }, { delete: one }] });
  }
});

test("what Google's own code writes as an answer is read: commit time, and the integers that counters come to", () => {
  const result = fc.record({
    version: integer,
    conflictDetected: fc.boolean(),
    key: fc.option(key),
    createTime: fc.option(fc.record({ seconds: fc.nat(), nanos: fc.nat(999_999_999) })),
    transformResults: fc.array(
      integer.map((integerValue) => ({ integerValue })),
      { maxLength: 3 },
    ),
  });
  const commitTime = fc.record({ seconds: fc.integer({ min: 0, max: 16_000_000_000 }), nanos: fc.nat(999_999_999) });
  fc.assert(
    fc.property(fc.array(result, { maxLength: 5 }), commitTime, (mutationResults, { seconds, nanos }) => {
      const answer = { mutationResults, commitTime: { seconds, nanos }, indexUpdates: 7 };
      const read = decodeCommit(GoogleResponse.encode(GoogleResponse.fromObject(answer)).finish());
      const totals = read.mutationResults.map(({ transformResults }) => transformResults ?? []);
      expect(totals).toEqual(mutationResults.map(({ transformResults }) => transformResults));
      const whole = new Date(seconds * 1_000).toISOString().slice(0, 19);
      expect(read.commitTime).toBe(`${whole}.${String(nanos).padStart(9, "0")}Z`);
    }),
  );
});
