import type { ServerResponse } from "node:http";

/** A refusal of the gateway itself, in its own words. */
export interface Refusal {
  readonly code: 400 | 401 | 404 | 405 | 429 | 503 | 504;
  readonly message: string;
}

/** Answers a refusal as ESPv2 does: its own JSON, and no CORS headers. */
export function refuse(response: ServerResponse, { code, message }: Refusal): void {
  const body = JSON.stringify({ code, message });
  response.writeHead(code, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body);
}
