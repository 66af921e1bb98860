import type { Context } from "hono";
import * as v from "valibot";
import { parseHttpUrl } from "../../domain/site.ts";
import type { Env } from "../../http/env.ts";
import type { TakeoverDeps, Views } from "./views.ts";

const CALLBACK_ALLOWED = "the name of a function, of at most 64 letters, digits, _, $ and dots";

/** A JSONP callback's name: nothing but an identifier, or several with dots between. */
export const callback = v.pipe(
  v.string(CALLBACK_ALLOWED),
  v.maxLength(64, CALLBACK_ALLOWED),
  v.regex(/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/, CALLBACK_ALLOWED),
);

/** Answers with a script. */
export function javascript(c: Context<Env>, code: string): Response {
  return c.body(code, 200, { "Content-Type": "application/javascript" });
}

/** An answer's JSON, in which a script of ours finds the places of numbers by these names. */
type Template = (views: Record<keyof Views, unknown>) => string;

/**
 * Counts the page that `Referer` names and calls the page's function with its numbers. Where `Referer` is missing or was trimmed to the
 * origin, the answer is a script that counts the very page in which it runs, and then calls the function.
 */
export async function answerToReferer(c: Context<Env>, { view, sites }: TakeoverDeps, name: string, json: Template): Promise<Response> {
  const referer = c.req.header("Referer") || null;
  if (referer !== null && !isTrimmed(referer)) {
    const views = await view(c, { page: referer }, referer);
    return javascript(c, call(name, json(views)));
  }
  // A site that may not count is refused here already.
  if (referer !== null) sites.toCount(undefined, referer);
  return javascript(c, countItself(name, json));
}

function call(name: string, json: string): string {
  return `try{${name}(${json});}catch(e){}`;
}

/** Browsers send no more than the origin to another site, unless a page asks them to. */
function isTrimmed(referer: string): boolean {
  const url = parseHttpUrl(referer);
  return url === null || (url.pathname === "/" && url.search === "");
}

/**
 * A script that counts the page in which it runs, and sends the visit once more where the answer is lost. Clients have globals of their
 * own: the busuanzi.pure.js of npm has a `fetch`.
 */
function countItself(name: string, json: Template): string {
  const numbers = json({
    page: "t.visits",
    site: "t.siteVisits",
    pageVisitors: "(t.visitors??t.visits)",
    siteVisitors: "(t.siteVisitors??t.siteVisits)",
    pageToday: "t.visitsToday",
  });
  return [
    "(s=>{",
    "const u=/^https?:..[^/]+/.exec(s.src)+'/v1/visits',b=JSON.stringify({page:location.pathname,id:Date.now()+(''+Math.random()).slice(2)});",
    "const f=()=>window.fetch(u,{method:'POST',body:b,keepalive:true}).then(r=>r.ok?r.json():null);",
    `f().catch(f).then(t=>{if(t)${call(name, numbers)}}).catch(()=>{})`,
    "})(document.currentScript)",
  ].join("");
}
