import type { Context } from "hono";
import type { Env } from "../../http/env.ts";
import { formatNumber, parseColor, renderBadge } from "../badge-svg.ts";

const MAX_LABEL = 64;
/** Control characters and halves of a character, which no SVG may hold. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]/gu;

/** What another counter's URL says of a badge, as it stands there. */
interface Asked {
  readonly label?: string | undefined;
  readonly color?: string | undefined;
}

/**
 * Answers with a badge that nothing keeps: image proxies ask anew for each reader.
 *
 * @param otherwise what the other counter shows where its URL does not say it
 */
export function badgeAnswer(c: Context<Env>, text: string, asked: Asked, otherwise: { label: string; color: string }): Response {
  const label = clean(asked.label) || otherwise.label;
  return svgAnswer(c, renderBadge(label, text, colorOr(asked.color, otherwise.color)));
}

/** Answers with an image that nothing keeps. */
export function svgAnswer(c: Context<Env>, svg: string): Response {
  return c.body(svg, 200, {
    "Content-Type": "image/svg+xml; charset=utf-8",
    "Cache-Control": "max-age=0, no-cache, no-store, must-revalidate",
  });
}

function clean(text = ""): string {
  return text.replace(UNPRINTABLE, "").slice(0, MAX_LABEL).toWellFormed();
}

/** Other counters know more names of colours than we do; such a badge keeps its first colour. */
function colorOr(text: string | undefined, otherwise: string): string {
  try {
    return parseColor(text || otherwise);
  } catch {
    return parseColor(otherwise);
  }
}

/** A start value that stands in the badge's own URL: an integer, else 0. */
export function startValue(text: string | undefined): number {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : 0;
}

/** A number with commas between its thousands. */
export function full(value: number): string {
  return formatNumber(value, "full");
}
