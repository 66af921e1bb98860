import type { MiddlewareHandler } from "hono";
import type * as v from "valibot";
import { inTime } from "../domain/in-time.ts";
import { InvalidInput, invalid } from "../domain/invalid.ts";
import { parseObject } from "../json.ts";
import type { Env } from "./env.ts";
import { Problem } from "./problem.ts";
import { check } from "./validate.ts";

/** The longest JSON body, in bytes. */
export const MAX_JSON_BYTES = 4 * 1_024;
/** A browser sends the last two without a preflight, and curl's `-d` the last. */
export const JSON_TYPES = ["application/json", "text/plain", "application/x-www-form-urlencoded"];
/** Of a body that is refused, so much is still read, twice the longest import, and for so long. */
const MAX_DISCARDED_BYTES = 8 * 1_024 * 1_024;
const DISCARD_MS = 1_000;
/** What a decoder writes in place of malformed bytes. */
const REPLACEMENT = "\ufffd";

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** How a platform's requests say whether they have a body. */
export interface BodyRules {
  /** Only HTTP/1.1 is spoken: without Content-Length and Transfer-Encoding there is no body (RFC 9112, 6.3). */
  readonly http1: boolean;
}

/**
 * Validates the body's JSON object by a schema: `c.req.valid("json")`. Hono's own validator reads `application/json` alone, and without
 * a limit; an empty body is `{}`.
 */
export function json<S extends v.GenericSchema>(schema: S, rules: BodyRules): MiddlewareHandler<Env, string, JsonInput<S>> {
  return async function json(c, next) {
    const type = c.req.header("Content-Type");
    // An empty one is none.
    if (type && !isJson(type)) {
      throw new Problem("unsupported-media-type", `Content-Type is ${JSON.stringify(type)}; allowed are ${JSON_TYPES.join(", ")}.`);
    }
    const text = await readText(c.req.raw, MAX_JSON_BYTES, rules);
    const value = text === "" ? {} : (parseObject(text) ?? invalid("body", text, "a JSON object"));
    c.req.addValidatedData("json", check(schema, value) as object);
    return next();
  };
}

interface JsonInput<S extends v.GenericSchema> {
  in: { json: v.InferInput<S> };
  out: { json: v.InferOutput<S> };
}

function isJson(type: string): boolean {
  return JSON_TYPES.includes((type.split(";", 1)[0] ?? "").trim().toLowerCase());
}

/**
 * A body of at most `limit` bytes, else 413, as text from UTF-8, else 400. Hono's `bodyLimit` asks every request for its stream, for
 * which Node loads all of `fetch`: 50 ms of a start.
 */
export async function readText(request: Request, limit: number, { http1 }: BodyRules): Promise<string> {
  const { headers } = request;
  const length = headers.get("content-length");
  if (length === "0" || (length === null && http1 && !headers.has("transfer-encoding"))) return "";
  if (Number(length) > limit) throw tooLarge(limit);
  const text = await (length === null ? readStream(request.body, limit) : request.text()).catch(refuseBroken);
  // A client that means the character itself can write it as JSON's `\ufffd`.
  if (text.includes(REPLACEMENT)) throw new InvalidInput("body holds malformed UTF-8; allowed is UTF-8.");
  return text;
}

/** Reads a body that does not say its length. */
async function readStream(stream: ReadableStream<Uint8Array> | null, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  const reader = stream?.getReader();
  let text = "";
  const ended = await readUpTo(limit, reader, (bytes) => {
    text += decoder.decode(bytes, { stream: true });
  });
  if (ended) return text + decoder.decode();
  await discard(reader);
  throw tooLarge(limit);
}

/** Reads what a refused request still sends, within bounds: its client then reads the refusal, and its connection can go on. */
export async function discardBody(request: Request): Promise<void> {
  if (!request.bodyUsed) await discard(request.body?.getReader());
}

async function discard(reader: Reader | undefined): Promise<void> {
  await inTime(
    readUpTo(MAX_DISCARDED_BYTES, reader, () => {}),
    DISCARD_MS,
    () => false,
  ).catch(() => {});
}

/** Reads to the end, or until more than `limit` bytes have come: whether it was the end. */
async function readUpTo(limit: number, reader: Reader | undefined, take: (bytes: Uint8Array) => void): Promise<boolean> {
  let size = 0;
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    size += part.value.byteLength;
    if (size > limit) return false;
    take(part.value);
  }
  return true;
}

function refuseBroken(error: unknown): never {
  throw error instanceof Problem ? error : new InvalidInput("body ended too early; allowed is one that is complete.");
}

function tooLarge(limit: number): Problem {
  return new Problem("too-large", `The body is too large; allowed are at most ${limit} bytes.`);
}
