import { Hono } from "hono/tiny";
import type { Env } from "../http/env.ts";
import type { RouteDeps } from "./deps.ts";
import { KEY_PROBLEMS, object, type RouteDocs } from "./docs.ts";

/** Tells which address the service sees for this client: for whoever sets up `CLIENT_IP_HEADER`. */
export function client({ keys, config, addressOf }: RouteDeps): Hono<Env> {
  return new Hono<Env>().get("/", keys.admin, (c) => c.json({ address: addressOf(c), header: config.clientIpHeader }));
}

/** For openapi.json; no bundle has it. */
export function clientDocs(): RouteDocs {
  return {
    "GET /v1/client": {
      operationId: "readClient",
      group: "Administer",
      key: "admin",
      summary: "Read the client's own address",
      description:
        "As the service sees it: by the header that CLIENT_IP_HEADER names, or the connection (`socket`). Of IPv6 it is the /64 network.",
      answer: object({ address: { type: ["string", "null"] }, header: { type: ["string", "null"] } }),
      problems: KEY_PROBLEMS,
    },
  };
}
