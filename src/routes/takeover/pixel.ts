import type { Context } from "hono";
import { fromBase64 } from "../../base64.ts";
import type { Env } from "../../http/env.ts";

/** A transparent GIF of one pixel. */
const GIF = fromBase64("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==");

/** Answers with a pixel, which no cache keeps. */
export function pixelAnswer(c: Context<Env>): Response {
  return c.body(GIF, 200, { "Content-Type": "image/gif", "Cache-Control": "no-store" });
}
