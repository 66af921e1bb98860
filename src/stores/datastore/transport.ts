/**
 * The few calls of Google's Datastore API (v1) that the store makes, in the shapes of its JSON form, which any transport takes and
 * answers, so that a call may follow another on a different one:
 * https://cloud.google.com/datastore/docs/reference/data/rest/v1/projects
 */
export interface Transport {
  /**
   * One attempt of one call.
   * @param timeoutMs after which it throws {@link TransportError} `DEADLINE_EXCEEDED`
   */
  call<M extends Method>(method: M, request: Requests[M], timeoutMs: number): Promise<Responses[M]>;
  close(): Promise<void>;
}

/**
 * What is used of `fetch`, so that a runtime may bring less: it heeds `signal` or, which comes to the same, `timeoutMs`. With no time
 * left, nothing is sent.
 */
export type Fetch = (
  url: string,
  init: { method?: string; headers: Record<string, string>; body?: string; timeoutMs: number; readonly signal?: AbortSignal },
) => Promise<{ readonly ok: boolean; readonly status: number; text(): Promise<string>; json(): Promise<unknown> }>;

export type Method = keyof Requests;

/** Base64, as the JSON form has bytes. */
export type TransactionId = string;
type Cursor = string;

/** RFC 3339 in UTC, with any number of decimals, as the JSON form has times. */
export type Timestamp = string;

export interface Key {
  readonly partitionId?: Partition;
  readonly path: readonly { readonly kind: string; readonly name: string }[];
}

/** Where keys live when that is not the default namespace; the database stands in the request. */
export interface Partition {
  readonly namespaceId: string;
}

export interface Value {
  readonly integerValue?: number | string;
  readonly stringValue?: string;
  readonly timestampValue?: Timestamp;
  readonly keyValue?: Key;
  readonly entityValue?: { readonly properties?: Properties };
  readonly excludeFromIndexes?: boolean;
}

export type Properties = Readonly<Record<string, Value>>;

export interface Entity {
  readonly key: Key;
  readonly properties?: Properties;
}

export interface Transform {
  readonly property: string;
  readonly increment?: Value;
  readonly maximum?: Value;
}

export interface Mutation {
  readonly insert?: Entity;
  readonly upsert?: Entity;
  readonly delete?: Key;
  readonly propertyMask?: { readonly paths: readonly string[] };
  readonly propertyTransforms?: readonly Transform[];
}

export interface ReadOptions {
  readonly transaction?: TransactionId;
  readonly readTime?: Timestamp;
}

export interface EntityResult {
  readonly entity: Entity;
  readonly createTime?: Timestamp;
}

export interface Query {
  readonly kind: readonly { readonly name: string }[];
  readonly filter?: Filter;
  readonly order: readonly { readonly property: { readonly name: string }; readonly direction: "ASCENDING" | "DESCENDING" }[];
  readonly limit: number;
  readonly startCursor?: Cursor;
}

export interface Filter {
  readonly propertyFilter?: {
    readonly property: { readonly name: string };
    readonly op: "HAS_ANCESTOR" | "GREATER_THAN";
    readonly value: Value;
  };
  readonly compositeFilter?: { readonly op: "AND"; readonly filters: readonly Filter[] };
}

export interface Requests {
  beginTransaction: { readonly transactionOptions: { readonly readOnly?: object; readonly readWrite?: object } };
  commit: {
    readonly mode: "TRANSACTIONAL";
    readonly singleUseTransaction?: { readonly readWrite: object };
    readonly transaction?: TransactionId;
    readonly mutations: readonly Mutation[];
  };
  lookup: {
    readonly keys: readonly Key[];
    readonly readOptions?: ReadOptions;
    readonly propertyMask?: { readonly paths: readonly string[] };
  };
  runQuery: { readonly partitionId?: Partition; readonly query: Query; readonly propertyMask?: { readonly paths: readonly string[] } };
  rollback: { readonly transaction: TransactionId };
}

export interface Responses {
  beginTransaction: { readonly transaction: TransactionId };
  commit: { readonly mutationResults: readonly { readonly transformResults?: readonly Value[] }[]; readonly commitTime?: Timestamp };
  lookup: { readonly found?: readonly EntityResult[]; readonly deferred?: readonly Key[] };
  runQuery: {
    readonly batch: { readonly entityResults?: readonly EntityResult[]; readonly endCursor?: Cursor; readonly moreResults?: string };
  };
  rollback: object;
}

/** Google's canonical status names, in the order of their gRPC numbers: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
export const STATUS_NAMES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

export type Status = (typeof STATUS_NAMES)[number];

/** A call that failed, or whose outcome is not known. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly status: Status;
  constructor(status: Status, message: string, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

/** Whether a call failed with this status. */
export function isStatus(error: unknown, status: Status): boolean {
  return error instanceof TransportError && error.status === status;
}
