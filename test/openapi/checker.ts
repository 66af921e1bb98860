import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Answer, Header, OpenApi, OperationObject, Parameter, Ref } from "../../build/openapi/document.ts";
import type { Answer as Answered } from "../support/http.ts";

/** Holds what a service answers against its own contract. */
export interface Checker {
  /** What of an answer the contract does not have; empty where all is as described. */
  faults(operation: OperationObject, answered: Answered): string[];
  /** Whether a value is what a schema of the contract says. */
  fits(schema: object, value: unknown): boolean;
}

/** A checker for a contract. It is stricter than the contract: a JSON answer may have no fields that are not described. */
export function createChecker(contract: OpenApi): Checker {
  const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
  const compiled = new Map<object, ValidateFunction>();
  const { Problem = {}, ...schemas } = contract.components.schemas ?? {};
  ajv.addSchema({ $id: "contract", components: { schemas: { ...schemas, Problem: closed(Problem) } } });

  function validator(schema: object, prepare: (schema: object) => object = (same) => same): ValidateFunction {
    const known = compiled.get(schema) ?? ajv.compile(inContract(prepare(schema)));
    compiled.set(schema, known);
    return known;
  }

  function resolve<T extends object>(part: T | Ref): T {
    if (!("$ref" in part)) return part as T;
    const names = String(part.$ref).split("/").slice(1);
    return names.reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], contract) as T;
  }

  function faultsOfBody(answer: Answer, { headers, text }: Answered): string[] {
    const type = headers["content-type"]?.split(";", 1)[0];
    const content = answer.content ?? {};
    if (type === undefined) return Object.keys(content).length > 0 && text !== "" ? ["it has no Content-Type"] : [];
    const described = content[type] ?? content["*/*"];
    if (!described) return [`Content-Type is ${type}; described are ${Object.keys(content).join(", ") || "none"}`];
    if (!/^application\/(?:problem\+)?json$/.test(type)) return [];
    const validate = validator(described.schema, closed);
    if (validate(JSON.parse(text))) return [];
    const extra = validate.errors?.find(({ keyword }) => keyword === "additionalProperties")?.params["additionalProperty"];
    const hint = extra ? `: describe the field "${extra}" in "answer" of the route's …Docs()` : "";
    return [`the body does not fit: ${ajv.errorsText(validate.errors)}${hint}`];
  }

  function faultsOfHeaders(answer: Answer, answered: Answered): string[] {
    return Object.entries(answer.headers ?? {}).flatMap(([name, part]) => {
      const { required, schema } = resolve<Header>(part);
      const value = answered.headers[name.toLowerCase()];
      if (value === undefined) return required ? [`${name} is missing`] : [];
      return validator(schema)(value) ? [] : [`${name} is ${value}`];
    });
  }

  return {
    faults({ responses }, answered) {
      const part = responses[answered.status];
      if (!part) return [`status ${answered.status} is not described: add its code to "problems" of the route's …Docs()`];
      const answer = resolve<Answer>(part);
      return [...faultsOfHeaders(answer, answered), ...faultsOfBody(answer, answered)];
    },
    fits: (schema, value) => validator(schema)(value) === true,
  };
}

/** Whether a query's texts fit the parameters that are described; others are ignored. */
export function queryFits({ fits }: Checker, parameters: readonly Parameter[], query: readonly (readonly [string, string])[]): boolean {
  return parameters.every(({ name, in: place, required, schema }) => {
    if (place !== "query") return true;
    const texts = query.filter(([own]) => own === name).map(([, text]) => text);
    if (texts.length === 0) return !required;
    if (schema["type"] === "array") return fits(schema, texts);
    const [text = ""] = texts;
    return texts.length === 1 && fits(schema, schema["type"] === "integer" && /^\d+$/.test(text) ? Number(text) : text);
  });
}

/** A schema whose references are to the contract. */
function inContract(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"contract#/'));
}

/** A schema whose objects have no other fields than those described. */
function closed(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (_, value) =>
    value?.type === "object" && value.properties ? { ...value, additionalProperties: false } : value,
  );
}
