import type { MiniflareOptions } from "miniflare";

/** From when on workerd's behaviour is taken; a test compares it, and the binding, with wrangler.toml. */
export const COMPATIBILITY_DATE = "2026-04-01";

/** The worker's Durable Objects, by binding. */
export const DURABLE_OBJECTS = { SITE_COUNTER: { className: "SiteCounter", useSQLite: true } };

/**
 * The worker for Miniflare, on loopback.
 *
 * @param options.script the bundle's text
 * @param options.vars what the worker finds in its environment
 * @param options.persist the folder for the Durable Objects' data
 * @param options.port 0 for any that is free
 */
export function miniflareOptions(options: {
  script: string;
  vars: Record<string, string>;
  persist: string;
  port: number;
}): MiniflareOptions {
  return {
    host: "127.0.0.1",
    port: options.port,
    // Else Miniflare asks Cloudflare where it is.
    cf: false,
    modules: [{ type: "ESModule", path: "index.js", contents: options.script }],
    compatibilityDate: COMPATIBILITY_DATE,
    bindings: options.vars,
    durableObjects: DURABLE_OBJECTS,
    durableObjectsPersist: options.persist,
  };
}
