import { createApp } from "../../src/app.ts";
import { readNodeConfig } from "../../src/config.ts";
import { createMeter } from "../../src/domain/meter.ts";
import { createRecorder } from "../../src/domain/recorder.ts";
import { createIdentities } from "../../src/domain/visitors/identities.ts";
import type { Environment } from "../../src/environment.ts";
import type { LogEntry } from "../../src/http/log.ts";
import { createMemoryStore } from "./memory-store.ts";

/** The address of every connection here. */
export const SOCKET_ADDRESS = "192.0.2.1";
/** The same salt in every run: by a random one, two of a few visitors share a register now and then, and are estimated as one. */
const SALT = new Uint8Array(32).fill(7);

/** The app on a store in memory, with a clock that stands at noon of 2026-11-22 until it is moved. */
export function startService(env: Environment = {}) {
  const log: LogEntry[] = [];
  const clock = { time: Date.parse("2026-11-22T12:00:00Z") };
  const now = () => clock.time;
  let ids = 0;
  const newId = () => {
    ids += 1;
    return `new-id-${ids}`;
  };
  const sums: object[] = [];
  const meter = createMeter({ now, tell: (line) => sums.push(line) });
  const config = readNodeConfig({
    SITES: "example.com,example.org",
    DEFAULT_SITE: "example.com",
    ADMIN_KEY: "secret",
    PUBLIC_STATS: "true",
    ...env,
  });
  const store = createMemoryStore(now, config.visitors === "daily");
  const recorder = createRecorder({ store, now, newId, meter });
  const app = createApp({
    store,
    recorder,
    config,
    now,
    newId,
    log: (entry) => log.push(entry),
    meter,
    version: "1.2.3",
    identify: config.visitors === "daily" ? createIdentities({ salt: async () => SALT }) : null,
    socketAddress: () => SOCKET_ADDRESS,
    http1: false,
    assets: (_, next) => next(),
    keepAlive: () => {},
  });

  /** Sends a request; a body that is no string is sent as JSON. */
  async function send(target: string, options: { headers?: Record<string, string>; body?: unknown } = {}) {
    const [method = "GET", path = "/"] = target.split(/ (.*)/s);
    const { headers = {}, body } = options;
    const text = body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body);
    const length: Record<string, string> = text === null ? {} : { "Content-Length": String(new TextEncoder().encode(text).byteLength) };
    const type: Record<string, string> = text === null ? {} : { "Content-Type": "application/json" };
    const response = await app.request(path, { method, headers: { ...length, ...type, ...headers }, body: text });
    const answer = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "") && !/ndjson/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, text: answer, json: isJson && answer ? JSON.parse(answer) : null };
  }

  return { app, store, log, sums, meter, clock, send };
}

/** The headers of an administrator. */
export const ADMIN = { "X-API-Key": "secret" };
/** The header of a browser that shows a page of an allowed site. */
export const FROM_SITE = { Origin: "https://example.com" };
export const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36";
export const GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
