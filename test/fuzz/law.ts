import { expect } from "vitest";
import type { Client } from "../support/http.ts";
import type { Shot, WireAnswer } from "./wire.ts";

/** What never stands in an answer: a stack, a file of the server, its store's or its libraries' words. */
const INTERNALS = /\n\s+at |node:internal|node_modules|SQLITE_|ERR_[A-Z]|TypeError|RangeError|SyntaxError/;
/** What the images of the service may count without saying so. */
const IMAGE = /^\/v1\/(?:pixel|badge)\b/;

/** What a run of requests was answered with. */
export interface Tally {
  /** Visits that were answered as counted. */
  counted: number;
  /** Requests that may have counted without saying so: images, and those whose answer did not come. */
  maybe: number;
  readonly statuses: Map<number, number>;
}

export function createTally(): Tally {
  return { counted: 0, maybe: 0, statuses: new Map() };
}

/** Checks what holds of every answer, whatever was asked, and adds it to the tally. */
export function judge(answer: WireAnswer, shot: Shot | null, tally: Tally): void {
  const { status, headers, text } = answer;
  tally.statuses.set(status, (tally.statuses.get(status) ?? 0) + 1);
  const faults = faultsOf(answer);
  if (faults.length > 0) expect({ faults, status, headers, text: text.slice(0, 500), shot }).toBe("an answer without faults");
  if (status === 200 && text.includes('"counted":true')) tally.counted += 1;
  if (status === 200 && (shot === null || IMAGE.test(shot.target))) tally.maybe += 1;
}

function faultsOf({ status, headers, text }: WireAnswer): string[] {
  const faults: string[] = [];
  // Where it reads bytes itself, workerd answers a method that it does not know with 501.
  if (status >= 500 && status !== 503 && (status !== 501 || "x-request-id" in headers)) faults.push(`${status}`);
  if ((status === 503 || status === 429) && !/^[1-9]\d*$/.test(headers["retry-after"] ?? "")) faults.push("no Retry-After");
  if ("x-injected" in headers) faults.push("an injected header");
  const type = headers["content-type"] ?? "";
  if (status >= 400 && INTERNALS.test(text)) faults.push("internals");
  // What the server's HTTP parser refuses reaches no handler of ours.
  if (!("x-request-id" in headers)) return faults;
  if (headers["x-content-type-options"] !== "nosniff") faults.push("no nosniff");
  if (status >= 400 && !("access-control-allow-origin" in headers)) faults.push("no CORS");
  if (status >= 400 && text !== "" && !isProblem(type, text, status)) faults.push("no problem document");
  if (type.startsWith("image/svg") && isActive(text)) faults.push("markup");
  return faults;
}

/** Whether an image would run something: what stands in its texts, and in attributes that are texts, does not count. */
function isActive(image: string): boolean {
  const skeleton = image.replaceAll(/"[^"]*"/g, '""').replaceAll(/>[^<]*</g, "><");
  return /<(?:script|img|foreignObject|a)\b|[\s"](?:on\w+|(?:xlink:)?href)\s*=/i.test(skeleton);
}

function isProblem(type: string, text: string, status: number): boolean {
  try {
    const problem = JSON.parse(text);
    return type === "application/problem+json" && problem.status === status && /^urn:footfall:[a-z-]+$/.test(problem.type);
  } catch {
    return false;
  }
}

/** Nothing counted but what was asked to, and everything that was answered as counted: the sum of all sites. */
export async function sumOfSites(client: Client): Promise<number> {
  const { sites } = (await client.send("GET /v1/sites")).json();
  return sites.reduce((sum: number, { visits }: { visits: number }) => sum + visits, 0);
}
