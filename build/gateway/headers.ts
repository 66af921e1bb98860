import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from "node:http";

/** RFC 9110, 7.6.1: for one connection alone. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** The client's headers as the backend gets them. */
export function headersForBackend(request: IncomingMessage, backend: URL, audience: string): OutgoingHttpHeaders {
  const headers = endToEnd(request.headers);
  const { authorization } = headers;
  // A client may send it as well: whoever reads it must not take it for the gateway's word.
  if (authorization !== undefined) headers["x-forwarded-authorization"] = authorization;
  headers["authorization"] = `Bearer ${standInToken(audience)}`;
  headers["host"] = backend.host;
  headers["x-forwarded-for"] = [headers["x-forwarded-for"], request.socket.remoteAddress].filter(Boolean).join(",");
  headers["x-forwarded-proto"] = "http";
  delete headers["x-http-method-override"];
  return headers;
}

/** A message's headers without those of its connection. */
export function endToEnd(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = (headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  const dropped = new Set([...HOP_BY_HOP, ...named]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}

/** Has the form of the ID token that Google's gateway sends, but no signature: Cloud Run would refuse it. */
function standInToken(audience: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", typ: "JWT" })}.${part({ iss: "footfall local gateway", aud: audience })}.`;
}
