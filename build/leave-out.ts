import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Plugin } from "esbuild";
import { ROOT } from "./root.ts";

/** Hono's modules, as installed. */
const HONO = join(ROOT, "node_modules", "hono", "dist");

/**
 * Members of Hono's classes that nothing here uses, by module: ours read bodies and queries and make responses themselves, and mount no
 * other application. No bundler can tell, so it would keep them and all that they alone refer to: a fifth of the worker.
 */
export const UNUSED: Readonly<Record<string, readonly string[]>> = {
  "hono-base.js": ["#clone", "basePath", "fire", "mount", "onError", "request", "route", "use"],
  "context.js": [
    ...["#newResponse", "body", "event", "get", "getLayout", "header", "html", "json", "newResponse", "notFound", "redirect", "render"],
    ...["set", "setLayout", "setRenderer", "status", "text", "var"],
  ],
  "request.js": [
    ...[
      "#cachedBody",
      "#getAllDecodedParams",
      "#getDecodedParam",
      "#getParamValue",
      "addValidatedData",
      "arrayBuffer",
      "blob",
      "bodyCache",
    ],
    ...[
      "bytes",
      "formData",
      "header",
      "json",
      "matchedRoutes",
      "param",
      "parseBody",
      "queries",
      "query",
      "routePath",
      "text",
      "url",
      "valid",
    ],
  ],
};

/** Leaves {@link UNUSED} out of a bundle; fails where this Hono has no such member, after an update say. */
export const leaveOut: Plugin = {
  name: "leave-out",
  setup({ onLoad }) {
    onLoad({ filter: /\/hono\/dist\/[\w-]+\.js$/ }, async ({ path }) => {
      const module = relative(HONO, path);
      const source = await readFile(path, "utf8");
      return { contents: (UNUSED[module] ?? []).reduce((text, name) => without(name, text, module), source) };
    });
  },
};

/** A module's source without a member of its class: from the line that begins it to the next one, as far in, that ends it. Lines keep their numbers. */
function without(name: string, source: string, module: string): string {
  const member = new RegExp(String.raw`^(\t+)(?:async |get |this\.)?${name}(?:\(| = )(?:.*;|[^]*?\n\1\};?)\n`, "m");
  if (!member.test(source)) throw new Error(`Hono's ${module} has no ${name} to leave out: bring build/leave-out.ts up to date`);
  return source.replace(member, (text) => text.replace(/.+/g, ""));
}
