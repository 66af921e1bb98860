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
const UNUSED: Readonly<Record<string, readonly string[]>> = {
  "hono-base.js": [
    "#clone",
    "#handleError",
    "#notFoundHandler",
    "basePath",
    "errorHandler",
    "fire",
    "mount",
    "notFound",
    "onError",
    "request",
    "route",
    "routes",
    "use",
  ],
  "context.js": [
    ...[
      "#layout",
      "#matchResult",
      "#newResponse",
      "#notFoundHandler",
      "#preparedHeaders",
      "#renderer",
      "#res",
      "#status",
      "#var",
      "body",
      "env",
      "error",
      "event",
      "finalized",
      "get",
      "getLayout",
      "header",
      "html",
      "json",
      "newResponse",
      "notFound",
      "redirect",
      "render",
      "res",
    ],
    ...["set", "setLayout", "setRenderer", "status", "text", "var"],
  ],
  "request.js": [
    ...[
      "#cachedBody",
      "#getAllDecodedParams",
      "#getDecodedParam",
      "#getParamValue",
      "#matchResult",
      "#validatedData",
      "\\[GET_MATCH_RESULT\\]",
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
      "routeIndex",
      "routePath",
      "text",
      "url",
      "valid",
    ],
  ],
};

/** Functions of Hono's modules that nothing here reaches: our paths are read and found by our own, each has one handler, and no handler throws. */
const UNREACHED: Readonly<Record<string, readonly string[]>> = {
  "hono-base.js": ["notFoundHandler", "errorHandler"],
  "compose.js": ["compose"],
  "utils/url.js": ["getPath", "getPathNoStrict"],
  "utils/mount.js": ["createMountedRequest"],
};

/** Parts of Hono's functions that nothing here reaches, from a text up to another: every route is made by `on`, for its whole path, one is found for every request, and has one handler, whose promise never rejects. */
const UNREACHED_PARTS: Readonly<Record<string, readonly (readonly [from: string, to: string])[]>> = {
  "hono-base.js": [
    ["\tget;\n", "\ton;\n"],
    ["[...METHODS,", "this.on = "],
    ["\t_basePath = ", "\t#path = "],
    ["this.getPath = strict", "\n\t}\n\t#clone"],
    ["path = mergePath(", "const r = {"],
    ["this.routes.push(", "\n"],
    ["basePath: baseRoutePath", "path,\n"],
    [", baseRoutePath", ") {"],
    [", r]", "]);\n"],
    [", { env }", ");\n"],
    ["matchResult,\n", "executionCtx,\n"],
    ["notFoundHandler: this.", "\n"],
    ["if (matchResult[0].length === 1) ", "{\n\t\t\tlet res"],
    [", async () => {\n\t\t\t\t\tc.res", ");\n\t\t\t} catch"],
    ["?? this.#notFoundHandler(c);\n\t\t}\n\t\tconst", ";\n\t\t}\n\t\tconst"],
    ["try {\n\t\t\t\tres = ", "res = "],
    ["} catch (err) {", "return res instanceof"],
    ["res instanceof Promise ? ", "res ;"],
    ["const composed = ", "\n\t}\n\t/**\n\t* `.fetch()`"],
  ],
  "context.js": [
    ["this.#notFoundHandler = ", "\n"],
    [", this.#matchResult", ")"],
    ["if (this.#executionCtx) ", "return"],
    ['else throw Error("This context has no Exec', "\n"],
  ],
  "request.js": [[", matchResult = ", ") {"]],
};

/** Of isbot its one expression, as a function: the rest asks whether a runtime knows regular expressions as old as it. */
function onlyIsbot(source: string): string {
  const [pattern] = /^var fullPattern = .*;$/m.exec(source) ?? [];
  if (!pattern) throw new Error("isbot has no fullPattern: bring build/leave-out.ts up to date");
  return `${pattern}\nlet expression;\nexport const isbot = (agent) => !!agent && (expression ??= new RegExp(fullPattern, "i")).test(agent);`;
}

/** Leaves out of a bundle what of Hono and isbot nothing reaches; fails where a part is not found, after an update say. */
export const leaveOut: Plugin = {
  name: "leave-out",
  setup({ onLoad }) {
    onLoad({ filter: /\/isbot\/index\.mjs$/ }, async ({ path }) => ({ contents: onlyIsbot(await readFile(path, "utf8")) }));
    onLoad({ filter: /\/hono\/dist\/[\w/-]+\.js$/ }, async ({ path }) => {
      const module = relative(HONO, path);
      const source = await readFile(path, "utf8");
      const reached = (UNREACHED[module] ?? []).reduce((text, name) => unreached(name, text, module), source);
      const shortened = (UNREACHED_PARTS[module] ?? []).reduce((text, part) => withoutPart(part, text, module), reached);
      return { contents: (UNUSED[module] ?? []).reduce((text, name) => without(name, text, module), shortened) };
    });
  },
};

/** A module's source where a function goes by another name, so that no one refers to it. */
function unreached(name: string, source: string, module: string): string {
  const start = `\nconst ${name} = `;
  if (!source.includes(start)) throw new Error(`Hono's ${module} has no ${name} to leave out: bring build/leave-out.ts up to date`);
  return source.replace(start, `\nconst ${name} = 0, $${name} = `);
}

/** A module's source without what stands between two texts. Lines keep their numbers. */
function withoutPart([from, to]: readonly [string, string], source: string, module: string): string {
  const start = source.indexOf(from);
  const end = source.indexOf(to, start);
  if (start < 0 || end < 0) throw new Error(`Hono's ${module} has no "${from}" to leave out: bring build/leave-out.ts up to date`);
  return source.slice(0, start) + source.slice(start, end).replace(/.+/g, "") + source.slice(end);
}

/** A module's source without a member of its class: from the line that begins it to the next one, as far in, that ends it. Lines keep their numbers. */
function without(name: string, source: string, module: string): string {
  const member = new RegExp(String.raw`^(\t+)(?:async |get |set |this\.)?${name}(?:;|(?:\(| = )(?:.*;|[^]*?\n\1\};?))\n`, "gm");
  if (!member.test(source)) throw new Error(`Hono's ${module} has no ${name} to leave out: bring build/leave-out.ts up to date`);
  return source.replace(member, (text) => text.replace(/.+/g, ""));
}
