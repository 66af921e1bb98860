import { deepEqual, equal, ok } from "node:assert/strict";
import { randomUUID } from "node:crypto";

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON object in it; `{}` where it holds none. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** A running service as the checks see it. */
export interface Probe {
  readonly url: string;
  readonly key: string | undefined;
  readonly site: string;
  /** A page that only these checks count. */
  readonly page: string;
  ask(method: string, path: string, options?: { headers?: Record<string, string>; body?: string | object }): Promise<Answer>;
  /** Counts the page, as a script of the site would, and answers what the service said. */
  count(id?: string, more?: { page?: string; headers?: Record<string, string> }): Promise<Answer>;
  /** The page's total. */
  visits(): Promise<number>;
}

const TIMEOUT_MS = 30_000;

export function createProbe({ url, key, site, page }: Pick<Probe, "url" | "key" | "site" | "page">): Probe {
  const ask: Probe["ask"] = async (method, path, { headers = {}, body } = {}) => {
    const json = typeof body === "object";
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...(json && { "Content-Type": "application/json" }), ...headers },
      ...(body !== undefined && { body: json ? JSON.stringify(body) : body }),
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parse(text) };
  };
  return {
    ...{ url, key, site, page, ask },
    count: (id, more = {}) =>
      ask("POST", "/v1/visits", {
        body: { site, page, ...(id && { id }), ...(more.page && { page: more.page }) },
        headers: more.headers ?? {},
      }),
    async visits() {
      const answer = await ask("GET", `/v1/visits?${new URLSearchParams({ site, page })}`);
      answered(answer, { site });
      const [found] = answer.json["pages"] as { visits: number }[];
      return found?.visits ?? Number.NaN;
    },
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Something that must hold of a service. */
export interface Check {
  readonly title: string;
  /** It needs the API key. */
  readonly keyed?: boolean;
  run(probe: Probe): Promise<void>;
}

/** A new, unused id. */
export const newId = (): string => randomUUID();

/** The service's own refusal; where the gateway refuses first, its form is `{"code","message"}`. */
export function refused(answer: Answer, statuses: readonly number[]): void {
  ok(statuses.includes(answer.status), `the status is ${answer.status}; expected ${statuses.join(" or ")}: ${answer.text.slice(0, 200)}`);
  const gateways = typeof answer.json["code"] === "number" && typeof answer.json["message"] === "string";
  ok(gateways || /^urn:footfall:/.test(String(answer.json["type"])), `the body is no problem: ${answer.text.slice(0, 200)}`);
}

/** An answer that has these fields, with these values. */
export function answered(answer: Answer, expected: Readonly<Record<string, unknown>>): void {
  equal(answer.status, 200, `the status is ${answer.status}: ${answer.text.slice(0, 200)}`);
  const found = Object.fromEntries(Object.keys(expected).map((name) => [name, answer.json[name]]));
  deepEqual(found, expected);
}
