import type { MiddlewareHandler } from "hono";
import { Hono } from "hono/tiny";
import { quote } from "../domain/invalid.ts";
import type { Env } from "../http/env.ts";
import { embeddable } from "../http/headers.ts";
import { Problem } from "../http/problem.ts";
import { revalidation } from "../http/revalidation.ts";
import type { RouteDeps } from "./deps.ts";
import type { RouteDoc, RouteDocs } from "./docs.ts";

/** Nothing inline, nothing from elsewhere, and no way to turn text into markup. */
const DASHBOARD_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** The dashboard, the website's script, and the contract: files that the build made. */
export function pagesAndScripts({ assets }: RouteDeps): Hono<Env> {
  const app = new Hono<Env>();
  const serve = [revalidation, assets, missing] as const;

  app.get(
    "/",
    headers({
      "Cache-Control": "no-cache",
      "Content-Security-Policy": DASHBOARD_POLICY,
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Resource-Policy": "same-origin",
      "Referrer-Policy": "no-referrer",
    }),
    ...serve,
  );
  app.use("/embed.js", embeddable);
  app.get("/embed.js", headers({ "Cache-Control": "public, max-age=3600" }), ...serve);
  app.get("/openapi.json", headers({ "Cache-Control": "no-cache" }), ...serve);
  // A name holds the hash of its content.
  const forever = { "Cache-Control": "public, max-age=31536000, immutable", "Cross-Origin-Resource-Policy": "same-origin" };
  app.get("/assets/:file", headers(forever), ...serve);
  return app;
}

function headers(own: Readonly<Record<string, string>>): MiddlewareHandler<Env> {
  return function headers(c, next) {
    for (const [name, value] of Object.entries(own)) c.header(name, value);
    return next();
  };
}

const missing: MiddlewareHandler<Env> = async (c) => {
  throw new Problem("not-found", `The path is ${quote(c.req.path)}; no such file was built.`);
};

/** For openapi.json; no bundle has it. */
export function assetsDocs(): RouteDocs {
  const page = (operationId: string, summary: string, answer: string, description: string): RouteDoc => {
    return { operationId, group: "Pages", summary, description, answer, problems: ["not-found"] };
  };
  return {
    "GET /": page("showDashboard", "The dashboard", "text/html", "Shows the sites' visits, day by day."),
    "GET /embed.js": page(
      "getEmbedScript",
      "The website's script",
      "text/javascript",
      "Counts a visit of the page that loads it. For everyone.",
    ),
    "GET /openapi.json": page("getContract", "This contract", "application/json", "OpenAPI 3.1."),
    "GET /assets/:file": page("getAsset", "A part of the dashboard", "*/*", "Its name holds its content's hash."),
  };
}
