import { METHODS, type Method, type OpenApi, type OperationObject } from "./document.ts";

/** A backend of Google's `x-google-api-management`. */
export interface Backend {
  readonly address: string;
  /** For whom the ID token is that replaces `Authorization`: Cloud Run wants its own address. */
  readonly jwtAudience: string;
  /** In seconds, for the whole of a request and its one retry. */
  readonly deadline: number;
  readonly pathTranslation: "APPEND_PATH_TO_ADDRESS" | "CONSTANT_ADDRESS";
  readonly protocol: "http/1.1" | "h2";
}

export interface GatewayOperation extends OperationObject {
  readonly "x-google-backend"?: string;
  readonly "x-google-quota"?: { readonly metricCosts: Readonly<Record<string, number>> };
}

/**
 * OpenAPI 3.0, of the versions that Google takes the one that it has documented longest, with Google's extensions
 * (https://docs.cloud.google.com/api-gateway/docs/oasv3-extensions).
 */
export interface GatewayDocument extends Pick<OpenApi<GatewayOperation>, "paths" | "components"> {
  readonly openapi: "3.0.3";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly "x-google-api-management": {
    readonly metrics: Readonly<Record<string, { readonly displayName: string }>>;
    /** `values`: the most in a minute, for each key's project. */
    readonly quota: { readonly limits: Readonly<Record<string, { readonly metric: string; readonly values: number }>> };
    readonly backends: Readonly<Record<string, Backend>>;
  };
  /** The backend of operations that name none. */
  readonly "x-google-backend": string;
}

/** Stands for the service's address until it is deployed. */
export const UNDEPLOYED = "https://service.invalid";

/** Longer than the service takes to answer 503 by itself, in seconds. */
const DEADLINE_S = 15;
/** For whole sites: Cloud Run's own time-out, in seconds. */
const TRANSFER_DEADLINE_S = 300;
/** Administration of one key's project, in requests a minute. */
const QUOTA = 600;
const METRIC = "administration-requests";

/** The gateway's document. Google enforces neither parameters nor schemas, so those stay in the contract. */
export function describeGateway(contract: OpenApi): GatewayDocument {
  const backend = {
    address: UNDEPLOYED,
    jwtAudience: UNDEPLOYED,
    pathTranslation: "APPEND_PATH_TO_ADDRESS",
    protocol: "http/1.1",
  } as const;
  return {
    openapi: "3.0.3",
    info: {
      title: contract.info.title,
      version: contract.info.version,
      description: "Google's API Gateway in front of Footfall; openapi.json is the contract.",
    },
    paths: Object.fromEntries(Object.entries(contract.paths).map(([path, item]) => [path, routesOf(path, item)])),
    components: { securitySchemes: contract.components.securitySchemes },
    "x-google-api-management": {
      metrics: { [METRIC]: { displayName: "Administration requests" } },
      quota: { limits: { "administration-limit": { metric: METRIC, values: QUOTA } } },
      backends: { service: { ...backend, deadline: DEADLINE_S }, transfer: { ...backend, deadline: TRANSFER_DEADLINE_S } },
    },
    "x-google-backend": "service",
  };
}

/** The document with the address of the service that was deployed. */
export function addressGateway(document: GatewayDocument, address: string): GatewayDocument {
  const management = document["x-google-api-management"];
  const backends = Object.entries(management.backends).map(([name, backend]) => [name, { ...backend, address, jwtAudience: address }]);
  return { ...document, "x-google-api-management": { ...management, backends: Object.fromEntries(backends) } };
}

/** The path's operations, HEAD where there is GET, and preflights, which would otherwise be refused with 405. */
function routesOf(path: string, item: OpenApi["paths"][string]): Partial<Record<Method, GatewayOperation>> {
  const own = METHODS.flatMap((method) => {
    const operation = item[method];
    return operation ? [[method, route(operation)] as const] : [];
  });
  const routes: Partial<Record<Method, GatewayOperation>> = Object.fromEntries(own);
  const suffix = pascalCase(path);
  const first = own[0]?.[1];
  return {
    ...routes,
    ...(routes.get ? { head: { ...routes.get, operationId: `head${suffix}`, summary: `${routes.get.summary}: headers alone` } } : {}),
    options: {
      operationId: `preflight${suffix}`,
      summary: "Preflight",
      security: [],
      ...(first?.parameters ? { parameters: first.parameters } : {}),
      responses: { default: { description: "The service's answer." } },
    },
  };
}

/** What the gateway has to know of an operation. */
function route({ operationId, summary, security = [], parameters = [] }: OperationObject): GatewayOperation {
  const inPath = parameters.filter((parameter) => parameter.in === "path");
  // The statistics need no key where PUBLIC_STATS is set, and the service asks for it where not: there it is one of two.
  const keyed = security.length === 1;
  return {
    operationId,
    summary,
    security: keyed ? security : [],
    ...(inPath.length > 0 ? { parameters: inPath } : {}),
    responses: { default: { description: "The service's answer." } },
    ...(keyed ? { "x-google-quota": { metricCosts: { [METRIC]: 1 } } } : {}),
    ...(isTransfer(operationId) ? { "x-google-backend": "transfer" } : {}),
  };
}

function isTransfer(operationId: string): boolean {
  return operationId === "importVisits" || operationId === "exportVisits";
}

function pascalCase(path: string): string {
  const words = path.match(/[A-Za-z0-9]+/g) ?? ["root"];
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}
