import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import { proxy } from "hono/proxy";
import type { Backend } from "../openapi/gateway.ts";
import { type Env, type Refusal, refuse } from "./refusal.ts";

/** A longer body is not sent again. */
const RETRY_BODY_BYTES = 1_048_576;

const LATE: Refusal = { code: 504, message: "upstream request timeout" };

/**
 * Sends a request to the backend, and streams its answer. Where the connection is refused or reset before an answer begins, the request is
 * sent once more, whatever its method: so a POST can arrive twice.
 *
 * @param method the one that the operation was found by
 * @param address where the backend runs
 */
export async function forward(c: Context<Env>, method: string, address: URL, { deadline, jwtAudience }: Backend): Promise<Response> {
  const body = /^(?:GET|HEAD)$/i.test(method) ? null : await c.req.arrayBuffer();
  const signal = AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(deadline * 1_000)]);
  const send = () =>
    proxy(`${address.origin}${c.env.incoming.url}`, {
      raw: c.req.raw,
      strictConnectionProcessing: true,
      ...{ method, body, signal, redirect: "manual" },
      customFetch: (request) => {
        addHeaders(request.headers, c, jwtAudience);
        return fetch(request);
      },
    });
  try {
    return await send().catch((error: unknown) => {
      if (signal.aborted || (body?.byteLength ?? 0) > RETRY_BODY_BYTES) throw error;
      return send();
    });
  } catch (error) {
    if (signal.aborted) return refuse(c, LATE);
    const { cause } = error as { cause?: { code?: string } };
    const reason = cause?.code === "ECONNREFUSED" ? "connection failure" : "connection termination";
    const message = `upstream connect error or disconnect/reset before headers. reset reason: ${reason}`;
    return refuse(c, { code: 503, message });
  }
}

/** Sets, moves and removes what the gateway does; headers of one connection are gone already. */
function addHeaders(headers: Headers, c: Context<Env>, audience: string): void {
  const authorization = headers.get("authorization");
  // A client may send it as well: the service must not take it for the gateway's word.
  if (authorization !== null) headers.set("x-forwarded-authorization", authorization);
  headers.set("authorization", `Bearer ${standInToken(audience)}`);
  headers.append("x-forwarded-for", getConnInfo(c).remote.address ?? "");
  headers.set("x-forwarded-proto", "http");
  // Node's fetch would name itself where the client did not.
  headers.set("user-agent", headers.get("user-agent") ?? "");
  // Node's fetch sets the length itself, and knows no Expect, which the server has answered.
  for (const name of ["content-length", "expect", "host", "proxy-connection", "x-http-method-override"]) headers.delete(name);
}

/** Has the form of the ID token that Google's gateway sends, but no signature: Cloud Run would refuse it. */
function standInToken(audience: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", typ: "JWT" })}.${part({ iss: "footfall local gateway", aud: audience })}.`;
}
