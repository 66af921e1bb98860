import type { HonoRequest } from "hono";
import type { GatewayDocument, GatewayOperation } from "../openapi/gateway.ts";
import type { Refusal } from "./refusal.ts";

/** The window in which a quota is counted. */
const MINUTE_MS = 60_000;

/** Checks a request's key, then takes its cost from the key's quota; `null` lets it pass. */
type Guard = (operation: GatewayOperation, request: HonoRequest) => Refusal | null;

/**
 * The guard of a document. A key is looked for where its security scheme says, and nowhere else; where the operation asks for none,
 * none is checked.
 *
 * @param keys the valid ones; each is a project of its own, as Google counts quota by project
 */
export function createGuard(document: GatewayDocument, keys: ReadonlySet<string>, now: () => number): Guard {
  const limits = Object.values(document["x-google-api-management"].quota.limits);
  let window = 0;
  let used = new Map<string, number>();

  function take(key: string, metric: string, cost: number): boolean {
    const current = Math.floor(now() / MINUTE_MS);
    if (current !== window) [window, used] = [current, new Map()];
    const name = JSON.stringify([key, metric]);
    const sum = (used.get(name) ?? 0) + cost;
    used.set(name, sum);
    return limits.every((limit) => limit.metric !== metric || sum <= limit.values);
  }

  return (operation, request) => {
    const [scheme] = Object.keys(operation.security?.[0] ?? {});
    if (scheme === undefined) return null;
    const { in: place, name = "" } = document.components.securitySchemes[scheme] ?? {};
    const key = place === "query" ? request.query(name) : request.header(name);
    if (!key) return MISSING;
    if (!keys.has(key)) return INVALID;
    const costs = Object.entries(operation["x-google-quota"]?.metricCosts ?? {});
    return costs.every(([metric, cost]) => take(key, metric, cost)) ? null : EXHAUSTED;
  };
}

const MISSING: Refusal = {
  code: 401,
  message:
    "UNAUTHENTICATED:Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
};
const INVALID: Refusal = { code: 400, message: "INVALID_ARGUMENT:API key not valid. Please pass a valid API key." };
const EXHAUSTED: Refusal = { code: 429, message: "RESOURCE_EXHAUSTED:Quota exceeded for the key's project; it is counted by the minute." };
