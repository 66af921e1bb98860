import { quote } from "../domain/invalid.ts";
import type { Exchange } from "./exchange.ts";
import { Problem } from "./problem.ts";

/**
 * What the build made for browsers, as the platform keeps it: answers a GET or HEAD of a page's path with the file, its type and the
 * headers of `ASSET_HEADERS`, or with 304, or with 404.
 */
export type Assets = (request: Request) => Promise<Response>;

/** The pages and scripts beside the API, by route. */
export const PAGES: Readonly<Record<string, { readonly forEveryone: boolean }>> = {
  "/": { forEveryone: false },
  "/embed.js": { forEveryone: true },
  "/openapi.json": { forEveryone: false },
  "/assets/:file": { forEveryone: false },
};

/** Whether there may be an asset at a path. */
export function isAsset(path: string): boolean {
  return /^\/(?:|embed\.js|openapi\.json|assets\/[^/]+)$/.test(path);
}

/** Answers with an asset. */
export async function answerAsset(exchange: Exchange): Promise<Response> {
  const { context, request, shared } = exchange;
  const found = await shared.assets?.(request);
  if (found?.ok || found?.status === 304) return exchange.reply(found.status, found.body, Object.fromEntries(found.headers));
  throw new Problem("not-found", `The path is ${quote(context.req.path)}; no such file was built.`);
}
