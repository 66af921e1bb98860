/** What is shown of the contract (OpenAPI 3.1). */
export interface Contract {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly tags?: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly [kind: string]: Readonly<Record<string, unknown>> };
}
export interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly object[];
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses?: Readonly<Record<string, object>>;
}
export interface Parameter {
  readonly name?: string;
  readonly in?: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: object;
}
export interface Content {
  readonly description?: string;
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>;
}

const METHODS = ["get", "put", "post", "delete"];

/** The operations of each tag, in the order of the contract's tags. */
export function operationsOf({ paths, tags = [] }: Contract): [string, { method: string; path: string; operation: Operation }[]][] {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    METHODS.flatMap((method) => (methods[method] ? [{ method, path, operation: methods[method] }] : [])),
  );
  const names = [...new Set([...tags.map(({ name }) => name), ...all.map(({ operation }) => tagOf(operation))])];
  return names.map((name) => [name, all.filter(({ operation }) => tagOf(operation) === name)]);
}

const tagOf = ({ tags = [] }: Operation): string => tags[0] ?? "";

/** A schema in a word: its type, or the values it allows. */
export function typeOf(schema: { type?: unknown; enum?: readonly unknown[] } = {}): string {
  return schema.enum ? schema.enum.join(" | ") : String(schema.type ?? "");
}

/** Follows a reference within the document, such as `#/components/responses/Problem`. */
export function resolve<T>(part: { $ref?: string }, contract: Contract): T {
  const path = part.$ref?.split("/").slice(1);
  return (path ? path.reduce<unknown>((at, name) => (at as Record<string, unknown>)?.[name], contract) : part) as T;
}
