import { InvalidInput, invalid } from "../domain/invalid.ts";
import type { Exchange } from "./exchange.ts";
import { Problem } from "./problem.ts";

/** The longest JSON body, in bytes. */
export const MAX_JSON_BYTES = 4 * 1_024;

/** A browser sends the last two without a preflight, and curl's `-d` the last. */
const JSON_TYPES = ["application/json", "text/plain", "application/x-www-form-urlencoded"];
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** The JSON object in a request's body; `{}` where it is empty. */
export async function readJson({ request }: Exchange): Promise<object> {
  const type = request.headers.get("content-type");
  if (type !== null && !JSON_TYPES.includes(type)) {
    const [essence = ""] = type.split(";", 1);
    if (!JSON_TYPES.includes(essence.trim().toLowerCase())) {
      throw new Problem("unsupported-media-type", `Content-Type is ${JSON.stringify(type)}; allowed are ${JSON_TYPES.join(", ")}.`);
    }
  }
  const bytes = await readBytes(request, MAX_JSON_BYTES);
  if (bytes.byteLength === 0) return {};
  const text = decodeUtf8(bytes);
  const value = parseObject(text);
  return value ?? invalid("body", text, "a JSON object");
}

/** A JSON object, or `null` where the text is something else. */
export function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Text from UTF-8, or a 400. */
export function decodeUtf8(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new InvalidInput("body is not well-formed UTF-8; allowed is UTF-8.");
  }
}

/**
 * A body of at most `limit` bytes, else 413. Only a body that does not say its length is read as a stream: on Node, asking for
 * the stream costs more than all the rest of a request.
 */
export async function readBytes(request: Request, limit: number): Promise<ArrayBuffer | Uint8Array> {
  const length = request.headers.get("content-length");
  try {
    if (length === null) return await readStream(request.body, limit);
    if (Number(length) > limit) tooLarge(limit);
    const bytes = await request.arrayBuffer();
    return bytes.byteLength > limit ? tooLarge(limit) : bytes;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new InvalidInput("body ended before it was complete.");
  }
}

async function readStream(stream: ReadableStream<Uint8Array> | null, limit: number): Promise<Uint8Array> {
  if (!stream) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the stream.
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > limit) tooLarge(limit);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

function tooLarge(limit: number): never {
  throw new Problem("too-large", `The body is longer than ${limit} bytes; allowed are at most ${limit}.`);
}
