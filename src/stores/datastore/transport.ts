/**
 * The calls of Google's Datastore API (v1) that the store makes. Every transport takes and answers the shapes of the JSON form, so a
 * transaction may continue on another transport.
 * https://cloud.google.com/datastore/docs/reference/data/rest/v1/projects
 */
export interface Transport {
  /**
   * One attempt of one call; throws {@link TransportError}.
   *
   * @param timeoutMs after which it throws `DEADLINE_EXCEEDED`
   */
  call<M extends Method>(method: M, request: Requests[M], timeoutMs: number): Promise<Responses[M]>;
  close(): Promise<void>;
}

/** The part of `fetch` that is used, so that a runtime may implement less. It obeys `signal` or `timeoutMs`, which are the same limit. */
export type Fetch = (
  url: string,
  init: { method?: string; headers: Record<string, string>; body?: string; timeoutMs: number; readonly signal?: AbortSignal },
) => Promise<{ readonly ok: boolean; readonly status: number; text(): Promise<string>; json(): Promise<unknown> }>;

export type Method = keyof Requests;

/** Base64: the JSON form of bytes. */
export type TransactionId = string;
type Cursor = string;

/** RFC 3339 in UTC with any number of decimals: the JSON form of times. */
export type Timestamp = string;

export interface Key {
  readonly partitionId?: Partition;
  readonly path: readonly { readonly kind: string; readonly name: string }[];
}

/** A namespace other than the default one. The database is a field of the request. */
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
  /** Fails with NOT_FOUND, and the whole commit with it, where the entity is missing. */
  readonly update?: Entity;
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
  /** The key alone, where no property is needed. */
  readonly projection?: readonly { readonly property: { readonly name: string } }[];
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

/** Google's canonical status names by gRPC number: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
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

/** A call that failed or whose outcome is unknown. */
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
