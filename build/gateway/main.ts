import { readFile } from "node:fs/promises";
import type { GatewayDocument } from "../openapi/gateway.ts";
import { describeAll, GATEWAY_FILE } from "../openapi/write.ts";
import { fail, readPort, shown } from "../root.ts";
import { createGateway } from "./gateway.ts";

const HOST = "127.0.0.1";

const port = readPort(8081);
const backend = readBackend(process.env["BACKEND"] || "http://127.0.0.1:8080");
const keys = new Set((process.env["API_KEYS"] ?? "").split(",").flatMap((key) => key.trim() || []));

const server = createGateway({ document: await readDocument(), backend, keys });
server.once("error", (error) => fail(`PORT is ${port}: ${error.message}.`));
server.listen(port, HOST, () => {
  const address = server.address();
  const actual = typeof address === "object" ? address?.port : port;
  console.log(`gateway on http://${HOST}:${actual} in front of ${backend.origin}, by ${shown(GATEWAY_FILE)}; valid keys: ${keys.size}`);
  console.log("It models ESPv2's documented behaviour; it is not Google's gateway.");
  if (keys.size === 0) console.log("API_KEYS is not set: administration is refused. Set it to the service's ADMIN_KEY.");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(0));

/** The built document, or, before there is one, the same made anew. */
async function readDocument(): Promise<GatewayDocument> {
  const text = await readFile(GATEWAY_FILE, "utf8").catch(() => null);
  return text === null ? describeAll().gateway : JSON.parse(text);
}

function readBackend(text: string): URL {
  const url = URL.parse(text);
  return url?.protocol === "http:" && url.pathname === "/" && !url.search
    ? url
    : fail(`BACKEND is "${text}"; allowed is where the service runs, such as "http://127.0.0.1:8080".`);
}
