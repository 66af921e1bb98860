import type { Context } from "hono";
import { Hono } from "hono/tiny";
import * as v from "valibot";
import { invalid } from "../../domain/invalid.ts";
import type { Env } from "../../http/env.ts";
import { text } from "../../http/fields.ts";
import { embeddable } from "../../http/headers.ts";
import { query } from "../../http/validate.ts";
import { COUNTING_PROBLEMS, type RouteDocs } from "../docs.ts";
import { svgAnswer } from "./badge.ts";
import { pageOfKey, type TakeoverDeps } from "./views.ts";

const NAME = /^@[^/\\\s]{1,32}$/;
const QUERY = v.object({ num: v.optional(text), padding: v.optional(text) });
const DEMO = "@demo";
const DEFAULT_DIGITS = 7;
const MAX_DIGITS = 16;
const DIGIT_WIDTH_PX = 24;
const HEIGHT_PX = 40;

/** Moe-Counter: a name's hits as an image, in plain digits. `@name` is a page of the default site. */
export function moeCounter({ viewKey, readPage, sites }: TakeoverDeps): Hono<Env> {
  const app = new Hono<Env>();

  for (const path of ["/:name{@[^/]+}", "/get/:name{@[^/]+}"]) {
    app.get(path, embeddable, query(QUERY), async (c) => {
      const { num, padding } = c.req.valid("query");
      const name = nameOf(c);
      // A number of the page's own is shown, and counts nothing; so does the demonstration.
      const fixed = name === DEMO ? "0123456789" : num && /^[1-9]\d{0,15}$/.test(num) ? num : null;
      const digits = fixed ?? String((await viewKey(c, { page: pageOf(name) }, null)).page);
      return svgAnswer(c, draw(digits.padStart(digitsOf(padding), "0")));
    });
  }
  // There it counts as well, which nobody expects of a read.
  app.get("/record/:name{@[^/]+}", embeddable, async (c) => {
    const name = nameOf(c);
    const { page } = await readPage(c, sites.toRead(undefined, null), pageOf(name));
    return c.json({ name: name.slice(1), num: page }, 200, { "Cache-Control": "no-cache" });
  });
  return app;

  function pageOf(name: string): string {
    return pageOfKey(name, sites.toRead(undefined, null), "name");
  }
}

function nameOf(c: Context<Env>): string {
  const { name = "" } = c.req.param();
  return NAME.test(name) ? name : invalid("name", name, "@ and at most 32 characters");
}

function digitsOf(padding: string | undefined): number {
  return padding !== undefined && /^\d{1,2}$/.test(padding) ? Math.min(Number(padding), MAX_DIGITS) : DEFAULT_DIGITS;
}

function draw(digits: string): string {
  const width = digits.length * DIGIT_WIDTH_PX;
  const cells = [...digits].map((digit, index) => {
    const x = index * DIGIT_WIDTH_PX;
    return (
      `<rect x="${x + 1}" y="1" width="${DIGIT_WIDTH_PX - 2}" height="${HEIGHT_PX - 2}" rx="4" fill="#333"/>` +
      `<text x="${x + DIGIT_WIDTH_PX / 2}" y="29">${digit}</text>`
    );
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT_PX}" role="img" aria-label="${digits}">` +
    `<title>${digits}</title><g fill="#fff" font-family="monospace" font-size="26" text-anchor="middle">${cells.join("")}</g></svg>`
  );
}

/** For openapi.json; no bundle has it. A gateway knows no part of a segment: it passes on whatever has a path of that depth. */
export function moeCounterDocs(): RouteDocs {
  const doc = {
    group: "Count",
    query: QUERY,
    fields: { num: "A number to show in place of the count.", padding: "The least number of digits." },
    answer: "image/svg+xml",
    problems: [...COUNTING_PROBLEMS, "not-found"],
  } as const;
  return {
    "GET /:name": { ...doc, operationId: "moeCounter", summary: "Moe-Counter: count a name" },
    // The parameter is called as that of Abacus's path, which is the same.
    "GET /get/:key": { ...doc, operationId: "moeCounterGet", summary: "Moe-Counter: count a name" },
    "GET /record/:name": {
      operationId: "moeCounterRecord",
      group: "Read",
      summary: "Moe-Counter: a name's count",
      answer: "application/json",
      problems: ["not-found"],
    },
  };
}
