/**
 * Google's client takes and gives messages almost in the JSON form that the transport has them in. This is where they differ:
 * https://protobuf.dev/programming-guides/json/
 */
import type { Method, Mutation, Properties, Requests, Timestamp, Value } from "../../stores/datastore/transport.ts";

/** What a request has in another form than JSON: times, and a query's limit. The client takes bytes and integers in either form. */
const TO_PROTO: { readonly [M in Method]?: (request: Requests[M]) => object } = {
  commit: (request) => ({ ...request, mutations: request.mutations.map(toMutation) }),
  lookup: ({ readOptions, ...rest }) => ({
    ...rest,
    readOptions: readOptions?.readTime ? { readTime: toTime(readOptions.readTime) } : readOptions,
  }),
  runQuery: (request) => ({ ...request, query: { ...request.query, limit: { value: request.query.limit } } }),
};

/** A request of the transport as Google's client takes it. */
export function toProto<M extends Method>(method: M, request: Requests[M]): object {
  return TO_PROTO[method]?.(request) ?? request;
}

function toMutation({ insert, update, upsert, ...rest }: Mutation): object {
  if (insert) return { ...rest, insert: { ...insert, properties: toProperties(insert.properties) } };
  if (update) return { ...rest, update: { ...update, properties: toProperties(update.properties) } };
  if (upsert) return { ...rest, upsert: { ...upsert, properties: toProperties(upsert.properties) } };
  return rest;
}

function toProperties(properties: Properties = {}): Record<string, object> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, toValue(value)]));
}

function toValue(value: Value): object {
  const { timestampValue, entityValue, ...rest } = value;
  if (timestampValue !== undefined) return { ...rest, timestampValue: toTime(timestampValue) };
  if (entityValue) return { ...rest, entityValue: { properties: toProperties(entityValue.properties) } };
  return value;
}

/** A `google.protobuf.Timestamp`: seconds since 1970, and nanoseconds. */
interface ProtoTime {
  readonly seconds?: number | string | null;
  readonly nanos?: number | null;
}

function toTime(text: Timestamp): ProtoTime {
  const [, decimals = ""] = /\.(\d+)/.exec(text) ?? [];
  return { seconds: Math.floor(Date.parse(text) / 1_000), nanos: Number(decimals.padEnd(9, "0")) };
}

function fromTime({ seconds, nanos }: ProtoTime): Timestamp {
  return `${new Date(Number(seconds) * 1_000).toISOString().slice(0, 19)}.${String(nanos ?? 0).padStart(9, "0")}Z`;
}

/** What the store uses of an answer and has another form than in JSON: bytes and times. */
export interface Answer {
  readonly transaction?: Uint8Array;
  readonly commitTime?: ProtoTime | null;
  readonly found?: readonly { readonly createTime?: ProtoTime | null }[];
  readonly batch?: { readonly endCursor?: Uint8Array };
}

/** An answer of Google's client in the transport's form. */
export function fromProto(answer: Answer): object {
  const { transaction, commitTime, found, batch } = answer;
  return {
    ...answer,
    ...(transaction && { transaction: base64(transaction) }),
    ...(commitTime && { commitTime: fromTime(commitTime) }),
    ...(found && { found: found.map((result) => ({ ...result, ...(result.createTime && { createTime: fromTime(result.createTime) }) })) }),
    ...(batch?.endCursor && { batch: { ...batch, endCursor: base64(batch.endCursor) } }),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
