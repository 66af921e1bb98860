import { invalid } from "../domain/invalid.ts";

/** Shields' own names for colours. */
const COLORS: Readonly<Record<string, string>> = {
  brightgreen: "4c1",
  green: "97ca00",
  yellowgreen: "a4a61d",
  yellow: "dfb317",
  orange: "fe7d37",
  red: "e05d44",
  blue: "007ec6",
  grey: "555",
  lightgrey: "9f9f9f",
};

/** The colours that a badge may have. */
export const COLOR_ALLOWED = `a name (${Object.keys(COLORS).join(", ")}) or 3 or 6 hexadecimal digits`;

const HEIGHT_PX = 20;
const PADDING_PX = 5;

/**
 * A flat badge in the manner of shields.io.
 *
 * @param message the text on its right side
 * @param fill a CSS colour
 */
export function renderBadge(label: string, message: string, fill: string): string {
  const left = escapeXml(label);
  const right = escapeXml(message);
  const leftWidth = widthOf(label) + 2 * PADDING_PX;
  const rightWidth = widthOf(message) + 2 * PADDING_PX;
  const width = leftWidth + rightWidth;
  // textLength makes the text as wide as we took it for, whatever fonts the reader has.
  const write = (text: string, start: number, wide: number) =>
    `<text x="${start + wide / 2}" y="14" textLength="${wide - 2 * PADDING_PX}" lengthAdjust="spacingAndGlyphs">${text}</text>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT_PX}" role="img" aria-label="${left}: ${right}">` +
    `<title>${left}: ${right}</title>` +
    `<clipPath id="r"><rect width="${width}" height="${HEIGHT_PX}" rx="3"/></clipPath>` +
    `<g clip-path="url(#r)"><path fill="#555" d="M0 0h${leftWidth}v${HEIGHT_PX}H0z"/>` +
    `<path fill="${fill}" d="M${leftWidth} 0h${rightWidth}v${HEIGHT_PX}H${leftWidth}z"/></g>` +
    `<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">` +
    `${write(left, 0, leftWidth)}${write(right, leftWidth, rightWidth)}</g></svg>`
  );
}

/** How a badge may write numbers. */
export const FORMATS = ["full", "short"] as const;
export type NumberFormat = (typeof FORMATS)[number];

const UNITS = ["", "k", "M", "G", "T", "P"] as const;

/** `full`: 1,234; `short`: 999, 1.2k, 12k, 123k, 1.2M. Rounded down, as a counter has not yet passed what it shows. */
export function formatNumber(number: number, format: NumberFormat): string {
  if (format === "full") return String(number).replace(/\B(?=(?:\d{3})+$)/g, ",");
  const unit = Math.min(UNITS.length - 1, Math.floor((String(number).length - 1) / 3));
  const tenths = Math.floor(number / 10 ** (3 * unit - 1));
  const text = unit === 0 ? String(number) : tenths < 100 ? (tenths / 10).toFixed(1).replace(/\.0$/, "") : String(Math.floor(tenths / 10));
  return `${text}${UNITS[unit]}`;
}

/** The CSS colour of a name or of hexadecimal digits, with or without `#`, or a 400. */
export function parseColor(text: string): string {
  const name = text.toLowerCase();
  const hex = Object.hasOwn(COLORS, name) ? COLORS[name] : /^#?((?:[0-9a-f]{3}){1,2})$/i.exec(text)?.[1];
  return hex ? `#${hex}` : invalid("color", text, COLOR_ALLOWED);
}

/** About the width of a text in Verdana at 11 px. */
function widthOf(text: string): number {
  let width = 0;
  for (const char of text) width += /[ijl.,:;|!'()[\] ]/.test(char) ? 4 : /[mwMW@%]/.test(char) ? 10 : char > "\u02ff" ? 11 : 7;
  return width;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
