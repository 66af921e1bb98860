import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { MiddlewareHandler } from "hono";
import { getMimeType } from "hono/utils/mime";
import type { Env } from "../../http/env.ts";

/** The encodings that the build has compressed files in, the best one first, by how their files' names end. */
const ENCODINGS = { br: ".br", gzip: ".gz" } as const;

/** A file, whole. */
interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

/**
 * Serves the few files of a folder from memory, compressed where the client takes it and the build has done it. Hono's `serveStatic`
 * opens a stream for each request: a client that asks often and reads nothing would fill the memory with them.
 */
export function serveAssets(folder: string): MiddlewareHandler<Env> {
  let names: ReadonlySet<string> | undefined;
  const assets = new Map<string, Asset>();

  function list(): ReadonlySet<string> {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return new Set(entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)));
  }

  function read(path: string): Asset {
    const known = assets.get(path);
    if (known) return known;
    const bytes = Uint8Array.from(readFileSync(path));
    // Loaded here: it takes long, and counting needs none.
    const { createHash } = process.getBuiltinModule("node:crypto");
    const asset = { bytes, etag: `"${createHash("sha1").update(bytes).digest("base64url")}"` };
    assets.set(path, asset);
    return asset;
  }

  return async function serveAssets(c, next) {
    names ??= list();
    const path = join(folder, c.req.path.endsWith("/") ? `${c.req.path}index.html` : c.req.path);
    if (!names.has(path)) return next();
    const encoding = chooseEncoding(c.req.header("Accept-Encoding") ?? "", (one) => names?.has(path + ENCODINGS[one]) ?? false);
    const { bytes, etag } = read(encoding ? path + ENCODINGS[encoding] : path);
    c.header("Content-Type", getMimeType(path) ?? "application/octet-stream");
    c.header("ETag", etag);
    c.header("Vary", "Accept-Encoding", { append: true });
    if (encoding) c.header("Content-Encoding", encoding);
    return c.body(bytes);
  };
}

function chooseEncoding(accepted: string, isThere: (encoding: keyof typeof ENCODINGS) => boolean): keyof typeof ENCODINGS | undefined {
  const names = accepted.split(",").map((part) => part.trim().replace(/;\s*q=(?!0(?:\.0*)?$).*/i, ""));
  return (["br", "gzip"] as const).find((encoding) => names.includes(encoding) && isThere(encoding));
}
