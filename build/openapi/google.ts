import { METHODS, type OperationObject, operationsOf } from "./document.ts";
import type { GatewayDocument, GatewayOperation } from "./gateway.ts";

/** The most that Google takes, in bytes. */
const MAX_DOCUMENT_BYTES = 10_000_000;
/** The longest deadline that Google takes, in seconds. */
const MAX_DEADLINE_S = 3_600;
/** Where Google's gateway looks for API keys. */
const KEY_PLACES = ["header x-api-key", "query key", "query api_key"];

/**
 * What Google's documents say that API Gateway refuses, or needs and does not complain about; no sentence: nothing was found.
 * From "OpenAPI 3.x extensions in API Gateway" and "OpenAPI 3.x feature limitations"; only a real deploy proves that it is accepted.
 */
export function violations(document: GatewayDocument): string[] {
  return [...ofDocument(document), ...ofBackends(document), ...ofQuota(document), ...ofPaths(document), ...ofOperations(document)];
}

function ofDocument(document: GatewayDocument): string[] {
  const text = JSON.stringify(document);
  const refs = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, ref = ""]) => ref).filter((ref) => !ref.startsWith("#/"));
  const endpoints = text.match(/"x-google-endpoint":/g) ?? [];
  return [
    ...when(!/^3\.0\.\d+$/.test(document.openapi), `openapi is ${document.openapi}; documented longest is 3.0.`),
    ...when(Buffer.byteLength(text) > MAX_DOCUMENT_BYTES, "the document is larger than 10 MB."),
    ...when(text.includes('"x-google-allow":'), "x-google-allow is of OpenAPI 2.0."),
    ...when(endpoints.length > 1, "more than one server has x-google-endpoint."),
    ...refs.map((ref) => `$ref ${ref} is in another document.`),
    ...Object.entries(document.components.securitySchemes).flatMap(([name, scheme]) => {
      const place = `${scheme.in} ${scheme.in === "header" ? scheme.name.toLowerCase() : scheme.name}`;
      return when(!KEY_PLACES.includes(place), `security scheme ${name} is in ${place}; read are ${KEY_PLACES.join(", ")}.`);
    }),
  ];
}

function ofBackends(document: GatewayDocument): string[] {
  const { backends } = document["x-google-api-management"];
  return [
    ...when(Object.keys(backends).length === 0, "there is no backend."),
    ...Object.entries(backends).flatMap(([name, backend]) => [
      ...when(!/^https:\/\/[^/?#]+$/.test(backend.address), `backend ${name}: address ${backend.address} is no https origin.`),
      ...when("jwtAudience" in backend === "disableAuth" in backend, `backend ${name}: needs one of jwtAudience and disableAuth.`),
      ...when(!(backend.deadline > 0 && backend.deadline <= MAX_DEADLINE_S), `backend ${name}: deadline ${backend.deadline} s.`),
      ...when(backend.pathTranslation !== "APPEND_PATH_TO_ADDRESS", `backend ${name}: would send every path to one address.`),
      ...when(!["http/1.1", "h2"].includes(backend.protocol), `backend ${name}: protocol ${backend.protocol}.`),
    ]),
  ];
}

function ofQuota(document: GatewayDocument): string[] {
  const { metrics, quota } = document["x-google-api-management"];
  const limits = Object.entries(quota.limits);
  const limited = new Set(limits.map(([, { metric }]) => metric));
  return [
    ...limits.flatMap(([name, { metric, values }]) => [
      ...when(!(metric in metrics), `limit ${name}: there is no metric ${metric}.`),
      ...when(!Number.isInteger(values) || values < 1, `limit ${name}: values ${values} is no integer from 1.`),
    ]),
    ...operationsOf<GatewayOperation>(document.paths).flatMap(({ operation }) => {
      const costs = Object.keys(operation["x-google-quota"]?.metricCosts ?? {});
      return [
        ...costs.filter((metric) => !limited.has(metric)).map((metric) => `${operation.operationId}: no limit counts ${metric}.`),
        ...when(costs.length > 0 && !operation.security?.length, `${operation.operationId}: a quota without a key is nobody's.`),
      ];
    }),
  ];
}

function ofPaths({ paths }: GatewayDocument): string[] {
  const shapes = Object.keys(paths).map((path) => path.replace(/\{[^}]*\}/g, "{}"));
  return Object.entries(paths).flatMap(([path, item], index) => [
    ...when(!/^\/(?:$|(?:[^/{}?#*]+|\{\w+\})(?:\/(?:[^/{}?#*]+|\{\w+\}))*$)/.test(path), `${path}: templates match whole segments only.`),
    ...when(shapes.indexOf(shapes[index] ?? "") !== index, `${path}: another template matches the same.`),
    ...when(!item.options, `${path}: without an options operation, preflights are refused with 405.`),
    ...METHODS.flatMap((method) => {
      const declared = item[method]?.parameters
        ?.filter((parameter) => parameter.in === "path" && parameter.required)
        .map(({ name }) => name);
      const wild = item[method]?.parameters?.filter((parameter) => "x-google-parameter" in parameter) ?? [];
      const inside = wild.filter(({ name }) => !path.endsWith(`/{${name}}`));
      const missing = [...path.matchAll(/\{(\w+)\}/g)].filter(([, name = ""]) => item[method] && !declared?.includes(name));
      return [
        ...inside.map(({ name }) => `${method} ${path}: a double wildcard such as ${name} has to be the last segment.`),
        ...missing.map(([name]) => `${method} ${path}: ${name} is not declared.`),
      ];
    }),
  ]);
}

function ofOperations(document: GatewayDocument): string[] {
  const operations = operationsOf<GatewayOperation>(document.paths);
  const ids = operations.map(({ operation }) => operation.operationId);
  const { backends } = document["x-google-api-management"];
  return operations.flatMap(({ path, method, operation }, index) => {
    const where = `${method} ${path}`;
    const backend = operation["x-google-backend"] ?? document["x-google-backend"];
    return [
      ...when(!/^[A-Za-z]\w*$/.test(operation.operationId ?? ""), `${where}: needs an operationId that is a name.`),
      ...when(ids.indexOf(operation.operationId) !== index, `${where}: operationId ${operation.operationId} is another's.`),
      ...when(Object.keys(operation.responses ?? {}).length === 0, `${where}: needs responses.`),
      ...when(!(backend in backends), `${where}: there is no backend ${backend}.`),
      ...when(method === "options" && Boolean(operation.security?.length), `${where}: a preflight bears no key.`),
      ...ofSecurity(where, operation, document),
    ];
  });
}

function ofSecurity(where: string, { security = [] }: OperationObject, document: GatewayDocument): string[] {
  const names = security.flatMap((requirement) => Object.keys(requirement));
  return [
    ...when(security.length > 1, `${where}: alternatives to an API key are not supported.`),
    ...names
      .filter((name) => !(name in document.components.securitySchemes))
      .map((name) => `${where}: there is no security scheme ${name}.`),
  ];
}

function when(wrong: boolean, sentence: string): string[] {
  return wrong ? [sentence] : [];
}
