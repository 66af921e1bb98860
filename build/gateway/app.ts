import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import type { Method } from "../openapi/document.ts";
import type { GatewayDocument, GatewayOperation } from "../openapi/gateway.ts";
import { forward } from "./forward.ts";
import { createGuard } from "./key.ts";
import { type Env, refuse } from "./refusal.ts";

/** What the gateway is made of. */
interface GatewayOptions {
  readonly document: GatewayDocument;
  /** Where the service runs, in place of the document's address; http. */
  readonly backend: URL;
  /** The API keys that are valid. */
  readonly keys: ReadonlySet<string>;
  readonly now?: () => number;
}

/**
 * A gateway that models the documented behaviour of ESPv2, the proxy of Google's API Gateway; it is not Google's gateway. Not modelled: how
 * Envoy normalises paths, HTTP/2, limits of body and header, compression, and what only Google's servers do (service control, ID tokens,
 * TLS).
 */
export function createGateway({ document, backend, keys, now = Date.now }: GatewayOptions): Hono<Env> {
  const guard = createGuard(document, keys, now);
  const { backends } = document["x-google-api-management"];
  const app = new Hono<Env>({ getPath: rawPath });

  for (const { template, path, item } of routesOf(document)) {
    app.all(path, (c) => {
      // Honoured before the operation is looked up, and with it the key that it needs.
      const method = c.req.header("x-http-method-override") ?? c.req.method;
      const name = method.toLowerCase();
      const operation: GatewayOperation | undefined = Object.hasOwn(item, name) ? item[name as Method] : undefined;
      if (!operation) {
        const message = `The current request is matched to the defined url template "${template}" but its http method is not allowed`;
        return refuse(c, { code: 405, message });
      }
      const refusal = guard(operation, c.req);
      if (refusal) return refuse(c, refusal);
      const place = operation["x-google-backend"] ?? document["x-google-backend"];
      const target = backends[place];
      if (!target) throw new Error(`The document has no backend "${place}".`);
      return forward(c, method, backend, target);
    });
  }
  return app.notFound((c) => refuse(c, { code: 404, message: "The current request is not defined by this API." }));
}

/** The paths as Hono writes them, in the order in which ESPv2 tries them: a literal segment, a wildcard, a double wildcard. */
function routesOf({ paths }: GatewayDocument) {
  return Object.entries(paths)
    .map(([template, item]) => {
      const [{ parameters = [] } = {}] = Object.values(item);
      const isRest = (name: string) => parameters.some((parameter) => parameter.name === name && "x-google-parameter" in parameter);
      const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => `:${name}${isRest(name) ? "{.+}" : ""}`);
      return { template, path, item };
    })
    .toSorted((one, other) => (rankOf(one.path) < rankOf(other.path) ? -1 : 1));
}

/** A digit for each segment. */
function rankOf(path: string): string {
  return path.replace(/[^/]+/g, (segment) => (segment.startsWith(":") ? (segment.endsWith("}") ? "2" : "1") : "0"));
}

/** The path as it was sent, as templates match whole segments undecoded; with or without a slash at the end. */
function rawPath(_: Request, options?: { env?: HttpBindings }): string {
  const [path = ""] = (options?.env?.incoming.url ?? "").split("?", 1);
  return path.replace(/(?<=.)\/$/, "");
}
