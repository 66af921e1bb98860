import { request } from "node:http";
import type { Fetch } from "../../stores/datastore/transport.ts";

/** `fetch` as far as Datastore's REST needs it: with Node's client for HTTP, which comes with its server. Connections are used again. */
export const send: Fetch = async (url, { method = "GET", headers, body, signal }) => {
  const ask = url.startsWith("https:") ? (await import("node:https")).request : request;
  return new Promise((resolve, reject) => {
    const sent = ask(url, { method, headers }, (answer) => {
      let text = "";
      answer
        .setEncoding("utf8")
        .on("data", (part: string) => {
          text += part;
        })
        .on("error", reject)
        .on("end", () => {
          signal.removeEventListener("abort", abort);
          const status = answer.statusCode ?? 0;
          resolve({ ok: status >= 200 && status < 300, status, text: async () => text, json: async () => JSON.parse(text) });
        });
    });
    // As the option `signal` does it, which takes longer to get ready.
    const abort = () => sent.destroy(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    sent.on("error", reject).end(body);
  });
};
