import { isbot } from "isbot";

/** API clients that isbot takes for crawlers. */
const API_CLIENT = /^(?:curl|node|node-fetch|undici|wget|python[\w-]*)(?:[/ ]|$)/i;
/** Longer names are judged by so many characters. */
const MAX_LENGTH = 512;

/** What Android says of itself, with the device's name: "M bot 60", "Cubot" and "PHANTOM" are phones. */
const DEVICE = /\((?:Linux|Android)\b[^()]*(?:\([^()]*\)[^()]*)*\)?/g;
/** What a crawler says of itself stands there as well. */
const DECLARATION = /compatible;|https?:|-Google\/|Catchpoint/;
/** The same of Windows Phones: "HTC; Radar". */
const WINDOWS_PHONE = /\bIEMobile\/[^()]*/;
/** What apps and old phones add to their browser's name, in forms that isbot takes for crawlers'. */
const APPS = /\[FB(?:AN|_IAB)\/[^\]]*\]?|\b(?:baiduboxapp|baidubrowser|zhangbai|NewsArticle|com\.google\.GooglePlus|Java)\/\S*/g;

/**
 * Whether a User-Agent is a crawler's, as far as it says so: isbot judges what is left without the words that devices and apps add. A
 * plain API client is a client.
 */
export function isCrawlerAgent(agent: string): boolean {
  if (API_CLIENT.test(agent)) return false;
  const own = agent
    .slice(0, MAX_LENGTH)
    .replace(DEVICE, (comment) => (DECLARATION.test(comment) ? comment : "(Linux; Android)"))
    .replace(WINDOWS_PHONE, "")
    .replace(APPS, "")
    .trim();
  // Nothing but an app's words is an app.
  return own !== "" && isbot(own);
}
