import { serve } from "@hono/node-server";
import { readTakeover } from "../../src/config.ts";
import { describeAll } from "../openapi/write.ts";
import { readOptions, refuse, settingsOrFail } from "../options.ts";
import { fail, readPort } from "../root.ts";
import { createGateway } from "./app.ts";

const HOST = "127.0.0.1";

const DEFAULT_PORT = 8081;
const DEFAULT_BACKEND = "http://127.0.0.1:8080";

readOptions({
  name: "npm run gateway --",
  about: "A local model of API Gateway in front of the service. It is set by the environment.",
  options: {},
  notes: `PORT      where to listen, on ${HOST} (${DEFAULT_PORT})
BACKEND   where the service runs (${DEFAULT_BACKEND})
TAKEOVER  the other counters' protocols that it lets through, as the service's setting
API_KEYS  comma-separated keys that are valid; without any, administration is refused`,
});
const port = readPort(DEFAULT_PORT);
const backend = readBackend(process.env["BACKEND"] || DEFAULT_BACKEND);
const keys = new Set((process.env["API_KEYS"] ?? "").split(",").flatMap((key) => key.trim() || []));
const takeover = settingsOrFail(() => readTakeover(process.env));
const gateway = createGateway({ document: describeAll(takeover).gateway, backend, keys });
const server = serve({ fetch: gateway.fetch, hostname: HOST, port }, (address) => {
  console.log(`gateway on http://${HOST}:${address.port} in front of ${backend.origin}; valid keys: ${keys.size}`);
  if (takeover.length > 0) console.log(`TAKEOVER: ${takeover.join(", ")}`);
  console.log("It models ESPv2's documented behaviour; it is not Google's gateway.");
  if (keys.size === 0) console.log("API_KEYS is not set: administration is refused. Set it to the service's ADMIN_KEY.");
});
server.once("error", (error) => fail(`PORT is ${port}: ${error.message}.`));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(0));

function readBackend(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === "http:" && url.pathname === "/" && !url.search) return url;
  return refuse("BACKEND", text, 'where the service runs, such as "http://127.0.0.1:8080"');
}
