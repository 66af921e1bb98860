import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Backend, GatewayDocument } from "../openapi/gateway.ts";
import { forward } from "./forward.ts";
import { createGuard } from "./key.ts";
import { type Refusal, refuse } from "./refusal.ts";
import { createRouter } from "./routes.ts";

/** What the gateway is made of. */
export interface GatewayOptions {
  readonly document: GatewayDocument;
  /** Where the service runs, in place of the document's address; http. */
  readonly backend: URL;
  /** The API keys that it takes for valid. */
  readonly keys: ReadonlySet<string>;
  readonly now?: () => number;
}

/**
 * A gateway that models ESPv2's documented behaviour, the proxy of Google's API Gateway; it is not Google's gateway. Not modelled: how
 * Envoy normalises paths, HTTP/2, limits of body and header, and what only Google's servers do (service control, ID tokens, TLS).
 */
export function createGateway({ document, backend, keys, now = Date.now }: GatewayOptions): Server {
  const findRoute = createRouter(document);
  const guard = createGuard(document, keys, now);
  const { backends } = document["x-google-api-management"];

  /** What to do with a request: where it is forwarded to, and as which method; or why it is refused. */
  function decide({ url = "/", method: sent = "GET", headers }: IncomingMessage): { method: string; target: Backend } | Refusal {
    const [path = "", query = ""] = url.split(/\?(.*)/s);
    // Before the route is looked for, and with it the key that it needs.
    const override = headers["x-http-method-override"];
    const method = typeof override === "string" ? override : sent;
    const route = findRoute(method, path);
    if (route.found === "nothing") return { code: 404, message: "The current request is not defined by this API." };
    if (route.found === "path") {
      const message = `The current request is matched to the defined url template "${route.template}" but its http method is not allowed`;
      return { code: 405, message };
    }
    const refusal = guard(route.operation, headers, new URLSearchParams(query));
    if (refusal) return refusal;
    const name = route.operation["x-google-backend"] ?? document["x-google-backend"];
    const target = backends[name];
    if (!target) throw new Error(`The document has no backend "${name}".`);
    return { method, target };
  }

  return createServer((request, response) => {
    const decision = decide(request);
    if ("code" in decision) refuse(response, decision);
    else forward(request, response, decision.method, backend, decision.target);
  });
}
