import type { JsonSchema } from "../../src/routes/docs.ts";

/** A description that makes no document; the message says which, and what to change. */
export class DescriptionError extends Error {}

/** The methods of a path, as OpenAPI writes them. */
export const METHODS = ["get", "head", "post", "put", "delete", "options"] as const;
export type Method = (typeof METHODS)[number];

/** Points to a part of `components`. */
export interface Ref {
  readonly $ref: string;
}

export interface Parameter {
  readonly name: string;
  readonly in: "query" | "header" | "path";
  readonly description: string;
  readonly required: boolean;
  readonly schema: JsonSchema;
  /** Google's double wildcard: the path's end, slashes included. */
  readonly "x-google-parameter"?: { readonly pattern: "**" };
}

export interface Header {
  readonly description: string;
  readonly required: boolean;
  readonly schema: JsonSchema;
}

export type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

export interface Answer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Ref>>;
  readonly content?: Content;
}

/** Each is a scheme's name; `{}` is "without any". */
export type Security = readonly Readonly<Record<string, readonly string[]>>[];

export interface OperationObject {
  readonly operationId: string;
  readonly tags?: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security?: Security;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly description?: string; readonly content: Content } | undefined;
  readonly responses: Readonly<Record<string, Answer | Ref>>;
}

export type Paths<O extends OperationObject = OperationObject> = Readonly<Record<string, Readonly<Partial<Record<Method, O>>>>>;

/** What is used of OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0). */
export interface OpenApi<O extends OperationObject = OperationObject> {
  readonly openapi: "3.1.0";
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly contact?: { readonly name: string };
    readonly license: { readonly name: string; readonly identifier: string };
  };
  readonly servers?: readonly { readonly url: string; readonly description: string }[];
  readonly security?: Security;
  readonly tags?: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Paths<O>;
  readonly components: {
    readonly schemas?: Readonly<Record<string, JsonSchema>>;
    readonly headers?: Readonly<Record<string, Header>>;
    readonly responses?: Readonly<Record<string, Answer>>;
    readonly securitySchemes: Readonly<Record<string, { readonly type: "apiKey"; readonly in: "header" | "query"; readonly name: string }>>;
  };
}

/** Every operation of a document, in its order. */
export function operationsOf<O extends OperationObject>(paths: Paths<O>): { path: string; method: Method; operation: O }[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ path, method, operation }] : [];
    }),
  );
}
