import { randomUUID } from "node:crypto";
import { Agent, type IncomingHttpHeaders, request } from "node:http";

/** An answer, whole. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body's value, of a shape that the test knows; throws where it is no JSON. */
  json(): ReturnType<typeof JSON.parse>;
}

/** What is sent with a request. */
export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is, bytes as they are, a list in chunks without a length, and any other value as JSON. */
  readonly body?: unknown;
}

/** Connections that stay open, for one server. */
export interface Client {
  /** @param target the method and the path, such as `POST /visits` */
  send(target: string, sent?: Sent): Promise<Answer>;
  close(): void;
}

/** How many clients the tests play at once. */
export const CLIENTS = 64;
/** No request may take longer: the service gives a visit up after 8 seconds. */
const TIMEOUT_MS = 15_000;
/** workerd closes connections that are idle for 5 seconds: the client must be the first, or a request may meet a closing connection. */
const IDLE_MS = 2_000;

/**
 * Opens a client: nothing is added to what a test sends but `Host` and the body's length.
 *
 * @param connections how many it may have open
 */
export function createClient(url: string, connections = CLIENTS): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, timeout: IDLE_MS });
  return { send: (target, sent) => exchange(url, agent, target, sent), close: () => agent.destroy() };
}

function exchange(url: string, agent: Agent, target: string, { headers = {}, body }: Sent = {}): Promise<Answer> {
  const [method = "GET", path = "/"] = target.split(/ (.*)/s);
  const chunks = Array.isArray(body) ? body : null;
  const bytes = chunks || body === undefined ? null : Buffer.from(isRaw(body) ? body : JSON.stringify(body));
  const { hostname, port } = new URL(url);
  const own = {
    ...(bytes && { "Content-Length": String(bytes.byteLength) }),
    ...(body !== undefined && { "Content-Type": "application/json" }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const sending = request({ agent, hostname, port, method, path, headers: own, signal }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("error", reject).once("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: () => JSON.parse(text) });
      });
    });
    // Later errors are of a body that the server did not want to the end; it has answered.
    sending.on("error", reject);
    if (chunks) for (const chunk of chunks) sending.write(chunk);
    sending.end(bytes ?? undefined);
  });
}

function isRaw(body: unknown): body is string | Uint8Array {
  return typeof body === "string" || body instanceof Uint8Array;
}

/** Runs `each` for 0 … n-1 from 64 clients, each of which waits for its answer before it sends the next. */
export async function fromClients(n: number, each: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const client = async () => {
    while (next < n) await each(next++);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** A site that no other test has. */
export function newSite(): string {
  return `${randomUUID()}.example`;
}

/** What keeps numbers from being 1 … n, each once: the first few that are missing or too many. */
export function misnumbered(numbers: readonly number[]): string[] {
  const times = new Map<number, number>();
  for (const number of numbers) times.set(number, (times.get(number) ?? 0) + 1);
  const missing = Array.from(numbers, (_, index) => index + 1).filter((number) => !times.has(number));
  const repeated = [...times].filter(([number, count]) => count > 1 || number > numbers.length || number < 1);
  return [...missing.map((number) => `no ${number}`), ...repeated.map(([number, count]) => `${count} × ${number}`)].slice(0, 10);
}
