import type { MiniflareOptions } from "miniflare";

/** From when on workerd's behaviour is taken; a test compares it, and the bindings, with wrangler.toml. */
export const COMPATIBILITY_DATE = "2026-04-01";

/** The worker's Durable Objects, by binding. */
export const DURABLE_OBJECTS = { SITE_COUNTER: { className: "SiteCounter", useSQLite: true } };

/** Where the worker finds its static assets. */
export const ASSETS_BINDING = "ASSETS";
const WORKER_FIRST = { invoke_user_worker_ahead_of_assets: true, has_user_worker: true };

/**
 * The worker for Miniflare, on loopback.
 *
 * @param options.script the bundle's text
 * @param options.vars what the worker finds in its environment
 * @param options.persist the folder for the Durable Objects' data; `false`: in memory
 * @param options.port 0 for any that is free
 * @param options.assets the folder with the static assets; without it there are none
 */
export function miniflareOptions(options: {
  script: string;
  vars: Record<string, string>;
  persist: string | false;
  port: number;
  assets?: string;
}): MiniflareOptions {
  const { script, assets } = options;
  return {
    host: "127.0.0.1",
    port: options.port,
    // Else Miniflare asks Cloudflare where it is.
    cf: false,
    // The worker uses none; without it workerd starts in two thirds of the time.
    cache: false,
    modules: [{ type: "ESModule", path: "index.js", contents: script }],
    compatibilityDate: COMPATIBILITY_DATE,
    bindings: options.vars,
    durableObjects: DURABLE_OBJECTS,
    durableObjectsPersist: options.persist,
    // As wrangler.toml has them: only the worker asks for them.
    ...(assets !== undefined && { assets: { directory: assets, binding: ASSETS_BINDING, routerConfig: WORKER_FIRST } }),
  };
}
