import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as v from "valibot";
import { InvalidInput, invalid } from "../../domain/invalid.ts";
import { parseHttpUrl } from "../../domain/site.ts";
import type { Env } from "../../http/env.ts";
import { text } from "../../http/fields.ts";
import { embeddable } from "../../http/headers.ts";
import { query } from "../../http/validate.ts";
import { COUNTING_PROBLEMS, type RouteDoc, type RouteDocs } from "../docs.ts";
import { badgeAnswer, full } from "./badge.ts";
import { callback, javascript } from "./jsonp.ts";
import { sourceOf, type TakeoverDeps } from "./views.ts";

const QUERY = v.object({ callback: v.optional(callback), text: v.optional(text), bgcolor: v.optional(text) });
/** A namespace, or a key. */
const NAME = /^[A-Za-z0-9_.-]{3,64}$/;
const NAME_ALLOWED = "3 to 64 characters of A-Z, a-z, 0-9, _, - and ., or :HOST: and :PATHNAME:";

/** A key as a page: of the default site, or of the page's own where it is asked for as `:HOST:`. */
interface Key {
  readonly page: string;
  readonly source: string | null;
}

/** Abacus, and CountAPI before it: named counters. `ns/key` is the page `/ns/key` of the default site. */
export function abacus({ viewKey, readPage, sites }: TakeoverDeps): Hono<Env> {
  const app = new Hono<Env>();

  // Moe-Counter's names, which begin with @, have the same path.
  for (const path of ["/:key{[^@/][^/]*}", "/:ns{[^@/][^/]*}/:key"]) {
    app.get(`/hit${path}`, embeddable, query(QUERY), async (c) => answer(c, await hit(c)));
    app.get(`/get${path}`, embeddable, query(QUERY), async (c) => {
      const value = await get(c);
      return value === 0 ? c.json({ error: "Key not found", value: null }, 404, { "Cache-Control": "no-cache" }) : answer(c, value);
    });
  }
  app.get("/hit/:ns/:key/shield", embeddable, query(QUERY), async (c) => shield(c, await hit(c)));
  app.get("/get/:ns/:key/shield", embeddable, query(QUERY), async (c) => shield(c, await get(c)));

  async function hit(c: Context<Env>): Promise<number> {
    // A page that may not count here may not count by a key either.
    if (c.get("foreignOrigin")) sites.toCount(undefined, sourceOf(c));
    const { page, source } = keyOf(c);
    return (await viewKey(c, { page }, source, c.req.header("Origin") !== undefined)).page;
  }

  async function get(c: Context<Env>): Promise<number> {
    const { page, source } = keyOf(c);
    const site = source === null ? sites.toRead(undefined, null) : sites.toCount(undefined, source);
    return (await readPage(c, site, page)).page;
  }

  return app;
}

function answer(c: Context<Env>, value: number): Response {
  const name = c.req.query("callback");
  if (name !== undefined) return javascript(c, `${name}({"value":${value}})`);
  return c.json({ value });
}

function shield(c: Context<Env>, value: number): Response {
  const { text, bgcolor } = c.req.query();
  return badgeAnswer(c, full(value), { label: text, color: bgcolor }, { label: "hits", color: "blue" });
}

function keyOf(c: Context<Env>): Key {
  const { ns = "default", key = "" } = c.req.param();
  if (ns === ":HOST:") {
    const source = sourceOf(c);
    if (source === null) throw new InvalidInput("Referer is missing; :HOST: needs it, or Origin.");
    return { page: key === ":PATHNAME:" || key === ":PATH:" ? pathOf(c) : `/${name(key)}`, source };
  }
  return { page: `/${name(ns)}/${name(key)}`, source: null };
}

function name(text: string): string {
  return NAME.test(text) ? text : invalid("key", text, NAME_ALLOWED);
}

/** Browsers send no path to another site unless a page asks them to: then it is not known which page it is. */
function pathOf(c: Context<Env>): string {
  const path = parseHttpUrl(c.req.header("Referer") ?? "")?.pathname;
  if (path && path !== "/") return path;
  throw new InvalidInput('Referer has no path; :PATHNAME: needs a page with referrerpolicy="no-referrer-when-downgrade".');
}

/** For openapi.json; no bundle has it. */
export function abacusDocs(): RouteDocs {
  const doc = (operationId: string, group: RouteDoc["group"], summary: string, type: string): RouteDoc => ({
    operationId,
    group,
    summary: `Abacus, CountAPI: ${summary}`,
    query: QUERY,
    fields: { callback: "The function that a script's answer calls.", text: "The badge's left side.", bgcolor: "The badge's right color." },
    answer: type,
    problems: [...COUNTING_PROBLEMS, "not-found"],
  });
  return {
    "GET /hit/:key": doc("hitKey", "Count", "count a key", "application/json"),
    "GET /hit/:ns/:key": doc("hitNamespaceKey", "Count", "count a key of a namespace", "application/json"),
    "GET /hit/:ns/:key/shield": doc("hitShield", "Count", "count a key, as a badge", "image/svg+xml"),
    "GET /get/:key": doc("getKey", "Read", "read a key", "application/json"),
    "GET /get/:ns/:key": doc("getNamespaceKey", "Read", "read a key of a namespace", "application/json"),
    "GET /get/:ns/:key/shield": doc("getShield", "Read", "read a key, as a badge", "image/svg+xml"),
  };
}
