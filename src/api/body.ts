import { inTime } from "../domain/in-time.ts";
import { InvalidInput, invalid } from "../domain/invalid.ts";
import { parseObject } from "../json.ts";
import type { Exchange } from "./exchange.ts";
import { Problem } from "./problem.ts";

/** The longest JSON body, in bytes. */
export const MAX_JSON_BYTES = 4 * 1_024;

/** A browser sends the last two without a preflight, and curl's `-d` the last. */
export const JSON_TYPES = ["application/json", "text/plain", "application/x-www-form-urlencoded"];
/** Of a body that is refused, so much is still read, twice the longest import, and for so long. */
const MAX_DISCARDED_BYTES = 8 * 1_024 * 1_024;
const DISCARD_MS = 1_000;
type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** What a decoder writes in place of malformed bytes. */
const REPLACEMENT = "\ufffd";

/** The JSON object in a request's body; `{}` where it is empty. */
export async function readJson(exchange: Exchange): Promise<object> {
  const type = exchange.request.headers.get("content-type");
  if (type !== null && !isJson(type)) {
    throw new Problem("unsupported-media-type", `Content-Type is ${JSON.stringify(type)}; allowed are ${JSON_TYPES.join(", ")}.`);
  }
  const text = await readText(exchange, MAX_JSON_BYTES);
  return text === "" ? {} : (parseObject(text) ?? invalid("body", text, "a JSON object"));
}

function isJson(type: string): boolean {
  return JSON_TYPES.includes((type.split(";", 1)[0] ?? "").trim().toLowerCase());
}

/**
 * A body of at most `limit` bytes, else 413, as text from UTF-8, else 400. `text()` is a runtime's fastest way to a body, and replaces
 * malformed bytes; a client that means the replacement character itself can write it as JSON's `\ufffd`.
 */
export async function readText({ request, shared }: Exchange, limit: number): Promise<string> {
  const { headers } = request;
  const length = headers.get("content-length");
  if (length === "0" || (length === null && shared.http1 && !headers.has("transfer-encoding"))) return "";
  if (Number(length) > limit) tooLarge(limit);
  const text = await (length === null ? readStream(request.body, limit) : request.text()).catch(refuseBroken);
  if (text.includes(REPLACEMENT)) throw new InvalidInput("body holds malformed UTF-8; allowed is UTF-8.");
  return text;
}

/** Only for a body that does not say its length: on Node, asking for the stream costs more than all the rest of a request. */
async function readStream(stream: ReadableStream<Uint8Array> | null, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  const reader = stream?.getReader();
  let text = "";
  const ended = await readUpTo(limit, reader, (bytes) => {
    text += decoder.decode(bytes, { stream: true });
  });
  if (ended) return text + decoder.decode();
  tooLarge(limit, await discard(reader));
}

/**
 * Reads what a refused request still sends, within bounds: then its connection can go on, and its client reads the refusal. Answers the
 * headers of that, which say so where the connection cannot.
 */
export async function discardBody(request: Request): Promise<Record<string, string>> {
  const { method } = request;
  // Last: on Node, to ask for the stream costs more than all the rest of a request.
  return method === "GET" || method === "HEAD" || request.bodyUsed ? {} : discard(request.body?.getReader());
}

async function discard(reader: Reader | undefined): Promise<Record<string, string>> {
  const ended = await inTime(readUpTo(MAX_DISCARDED_BYTES, reader, ignore).catch(ignore), DISCARD_MS, () => false);
  await reader?.cancel().catch(ignore);
  return ended === false ? { Connection: "close" } : {};
}

/** Reads to the end, or until more than `limit` bytes have come: says whether it was the end. */
async function readUpTo(limit: number, reader: Reader | undefined, take: (bytes: Uint8Array) => void): Promise<boolean> {
  let size = 0;
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    size += part.value.byteLength;
    if (size > limit) return false;
    take(part.value);
  }
  return true;
}

function ignore(): void {}

function refuseBroken(error: unknown): never {
  throw error instanceof Problem ? error : new InvalidInput("body ended too early; allowed is one that is complete.");
}

function tooLarge(limit: number, headers?: Record<string, string>): never {
  throw new Problem("too-large", `The body is too large; allowed are at most ${limit} bytes.`, headers);
}
