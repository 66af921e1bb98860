/**
 * A commit and its answer in protocol buffers, from and to the shapes that the store has them in. Google's client takes a message apart
 * three times and looks at each of its fields; for a batch with ids, which has a mutation for each visit, that is a twentieth of what
 * the visit costs. Numbers and types of the fields:
 * https://github.com/googleapis/googleapis/blob/master/google/datastore/v1/datastore.proto
 */
import type {
  Entity,
  Key,
  Mutation,
  Partition,
  Requests,
  Responses,
  Timestamp,
  Transform,
  Value,
} from "../../stores/datastore/transport.ts";
import { ProtoReader } from "./proto-reader.ts";
import { fromTime, toTime } from "./proto-time.ts";
import { ProtoWriter } from "./proto-writer.ts";

export type CommitRequest = Requests["commit"] & { readonly projectId: string; readonly databaseId: string };

type Result = Responses["commit"]["mutationResults"][number];

/** What is used of the answer. */
interface CommitResponse {
  readonly mutationResults: Result[];
  commitTime?: Timestamp;
}

/** What a mutation without transforms comes to. */
const NOTHING: Result = {};

const TRANSACTIONAL = 1;
/** About what a mutation takes; the writer grows where that is too little. */
const MUTATION_BYTES = 256;

export function encodeCommit({ projectId, databaseId, transaction, singleUseTransaction, mutations }: CommitRequest): Buffer {
  const writer = new ProtoWriter((mutations.length + 1) * MUTATION_BYTES);
  if (transaction !== undefined) writer.bytes(1, Buffer.from(transaction, "base64"));
  writer.integer(5, TRANSACTIONAL);
  for (const mutation of mutations) writer.message(6, writeMutation, mutation);
  writer.text(8, projectId);
  writer.text(9, databaseId);
  // A TransactionOptions with an empty ReadWrite.
  if (singleUseTransaction) writer.bytes(10, Uint8Array.of(0x0a, 0));
  return writer.finish();
}

function writeMutation({ insert, upsert, delete: key, propertyMask, propertyTransforms = [] }: Mutation, writer: ProtoWriter): void {
  if (insert) writer.message(4, writeEntity, insert);
  if (upsert) writer.message(6, writeEntity, upsert);
  if (key) writer.message(7, writeKey, key);
  if (propertyMask) writer.message(9, writeMask, propertyMask.paths);
  for (const transform of propertyTransforms) writer.message(12, writeTransform, transform);
}

function writeMask(paths: readonly string[], writer: ProtoWriter): void {
  for (const path of paths) writer.text(1, path);
}

function writeTransform({ property, increment, maximum }: Transform, writer: ProtoWriter): void {
  writer.text(1, property);
  if (increment) writer.message(3, writeValue, increment);
  if (maximum) writer.message(4, writeValue, maximum);
}

function writeEntity({ key, properties = {} }: Partial<Entity>, writer: ProtoWriter): void {
  if (key) writer.message(1, writeKey, key);
  for (const property of Object.entries(properties)) writer.message(3, writeProperty, property);
}

function writeProperty([name, value]: [string, Value], writer: ProtoWriter): void {
  writer.text(1, name);
  writer.message(2, writeValue, value);
}

function writeKey({ partitionId, path }: Key, writer: ProtoWriter): void {
  if (partitionId) writer.message(1, writePartition, partitionId);
  for (const element of path) writer.message(2, writePathElement, element);
}

function writePartition({ namespaceId }: Partition, writer: ProtoWriter): void {
  writer.text(4, namespaceId);
}

function writePathElement({ kind, name }: Key["path"][number], writer: ProtoWriter): void {
  writer.text(1, kind);
  writer.text(3, name);
}

function writeValue(value: Value, writer: ProtoWriter): void {
  const { integerValue, stringValue, timestampValue, keyValue, entityValue, excludeFromIndexes } = value;
  if (integerValue !== undefined) writer.integer(2, Number(integerValue));
  if (keyValue) writer.message(5, writeKey, keyValue);
  if (entityValue) writer.message(6, writeEntity, entityValue);
  if (timestampValue !== undefined) writer.message(10, writeTime, toTime(timestampValue));
  if (stringValue !== undefined) writer.text(17, stringValue);
  if (excludeFromIndexes) writer.integer(19, 1);
}

function writeTime({ seconds, nanos }: { seconds: number; nanos: number }, writer: ProtoWriter): void {
  writer.integer(1, seconds);
  writer.integer(2, nanos);
}

export function decodeCommit(bytes: Uint8Array): CommitResponse {
  const reader = new ProtoReader(bytes);
  const response: CommitResponse = { mutationResults: [] };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 3) response.mutationResults.push(readResult(reader.message()));
    if (field === 8) response.commitTime = fromTime(readTime(reader.message()));
  }
  return response;
}

function readResult(reader: ProtoReader): Result {
  const transformResults: Value[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 8) transformResults.push(readInteger(reader.message()));
  }
  return transformResults.length === 0 ? NOTHING : { transformResults };
}

function readInteger(reader: ProtoReader): Value {
  let integerValue = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) if (field === 2) integerValue = reader.integer();
  return { integerValue };
}

function readTime(reader: ProtoReader): { seconds: number; nanos: number } {
  const time = { seconds: 0, nanos: 0 };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) time.seconds = reader.integer();
    if (field === 2) time.nanos = reader.integer();
  }
  return time;
}
