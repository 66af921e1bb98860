import { Agent, type AgentOptions, request as plainRequest } from "node:http";
import type { Fetch } from "../../stores/datastore/transport.ts";

const CONNECTIONS: AgentOptions = {
  keepAlive: true,
  /** Connections to one host; further requests wait for one, which counts against their time. */
  maxSockets: 256,
  /** Idle connections that are kept. */
  maxFreeSockets: 64,
  /** Close an idle connection after 30 s, before a NAT or a proxy drops it silently. */
  timeout: 30_000,
};

/**
 * Creates a `fetch` for small text answers, over `node:http` and, where TLS is spoken, `node:https`. Node's global `fetch` would load
 * undici before the first visit, which takes 50 ms, longer than Node itself takes to start.
 *
 * It rejects with a `TimeoutError` after `timeoutMs`, and with Node's own error where the connection or the answer is broken.
 */
export function createHttpFetch(): Fetch {
  const plain = { request: plainRequest, agent: new Agent(CONNECTIONS) };
  let secure: Promise<typeof plain> | undefined;

  /** Loads TLS once it is spoken, as that takes Node several milliseconds. */
  function getSecure(): Promise<typeof plain> {
    secure ??= import("node:https").then((https) => ({ request: https.request, agent: new https.Agent(CONNECTIONS) }));
    return secure;
  }

  return async (url, { method = "GET", headers, body, timeoutMs }) => {
    if (timeoutMs <= 0) throw timeoutError();
    const { request, agent } = url.startsWith("https:") ? await getSecure() : plain;
    const answer = Promise.withResolvers<Awaited<ReturnType<Fetch>>>();
    const sent = request(url, { method, headers, agent }, (response) => {
      const { statusCode: status = 0 } = response;
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () =>
        answer.resolve({ ok: status >= 200 && status < 300, status, text: async () => text, json: async () => JSON.parse(text) }),
      );
      response.on("error", answer.reject);
    });
    // No AbortSignal: it would not reach a request that still waits for a connection.
    const timer = setTimeout(() => {
      answer.reject(timeoutError());
      sent.destroy();
    }, timeoutMs);
    sent.on("error", answer.reject);
    sent.on("close", () => clearTimeout(timer));
    sent.end(body);
    return answer.promise;
  };
}

/** Named as the platform's `fetch` names it. */
function timeoutError(): DOMException {
  return new DOMException("no answer in time", "TimeoutError");
}
