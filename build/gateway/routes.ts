import type { Method } from "../openapi/document.ts";
import type { GatewayDocument, GatewayOperation } from "../openapi/gateway.ts";

/** What the document has for a request. */
export type Route =
  | { readonly found: "operation"; readonly operation: GatewayOperation }
  | { readonly found: "path"; readonly template: string }
  | { readonly found: "nothing" };

/** Finds a request's route by the document's templates, which match whole segments, with or without a slash at the end. */
export function createRouter({ paths }: GatewayDocument): (method: string, path: string) => Route {
  const templates = Object.entries(paths).map(([template, item]) => ({ template, item, pattern: patternOf(template) }));
  return (method, path) => {
    const match = templates.find(({ pattern }) => pattern.test(path));
    if (!match) return { found: "nothing" };
    const operation = match.item[method.toLowerCase() as Method];
    return operation ? { found: "operation", operation } : { found: "path", template: match.template };
  };
}

function patternOf(template: string): RegExp {
  const segments = template.split("/").map((segment) => (segment.startsWith("{") ? "[^/]+" : segment.replace(/[.*+?^$()|[\]\\]/g, "\\$&")));
  return new RegExp(`^${segments.join("/").replace(/\/$/, "")}/?$`);
}
