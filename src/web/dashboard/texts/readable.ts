/// <reference path="../punycode.d.ts" />
import { toUnicode } from "punycode/";

const ESCAPES = /(?:%[0-9A-F]{2})+/gi;
/** What stays an escape: these characters mean something else when they stand in an address. */
const RESERVED = /[%/?#\\]/g;
/** Characters that show nothing, or change how others are shown: controls, direction marks, odd spaces, fillers, joiners. */
const INVISIBLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;
/** Scripts whose words are written with joiners. */
const JOINING =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}]\p{M}*$/u;
/** How far the neighbours of such a character are looked at. */
const LOOK = 8;
const EMOJI_BEFORE = /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)$/u;
const EMOJI_AFTER = /^\p{Extended_Pictographic}/u;

/** A page's name as it was written: letters of other scripts, spaces and emoji are shown, but for what could mislead the eye. */
export function readable(page: string): string {
  const decoded = page.replace(ESCAPES, (bytes) => {
    try {
      return decodeURIComponent(bytes).replace(RESERVED, encodeURIComponent);
    } catch {
      return bytes;
    }
  });
  return decoded.replace(INVISIBLE, (char, at: number) =>
    isSeen(char, decoded.slice(Math.max(0, at - LOOK), at), decoded.slice(at + char.length, at + char.length + LOOK))
      ? char
      : encodeURIComponent(char),
  );
}

/** A single space within a name, a joiner where its script or an emoji has one, and the mark that makes an emoji colourful. */
function isSeen(char: string, before: string, after: string): boolean {
  if (char === " ") return /[^\s/]$/.test(before) && /^[^\s/]/.test(after);
  if (char === "\u200c") return JOINING.test(before) && /^\p{L}/u.test(after);
  if (char === "\u200d") return JOINING.test(before) || (EMOJI_BEFORE.test(before) && EMOJI_AFTER.test(after));
  return char === "\ufe0f" && /[\p{Extended_Pictographic}\d#*]$/u.test(before);
}

/** A host in its own script; as it is where it cannot be read, or would hold anything but letters, digits, `-` and `.`. */
export function readableSite(site: string): string {
  if (!site.includes("xn--")) return site;
  try {
    const host = toUnicode(site);
    return /^[\p{L}\p{M}\p{N}.-]+$/u.test(host) ? host : site;
  } catch {
    return site;
  }
}
