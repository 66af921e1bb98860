import { keep, recall } from "../data/storage.ts";
import { en } from "./en.ts";
import { number, setLocale } from "./format.ts";

/** A text with a number: its forms by `Intl.PluralRules`. */
type Plural = { readonly one?: string; readonly few?: string; readonly many?: string; readonly other: string };
/** All texts in one language: complete, or it does not compile. */
export type Texts = { readonly [K in keyof typeof en]: (typeof en)[K] extends string ? string : Plural };
export type TextName = keyof Texts;

/** The languages by their tags. Each but English is a file of its own, loaded where it is spoken. */
export const LANGUAGES: Readonly<Record<string, { readonly name: string; load(): Promise<Texts> }>> = {
  en: { name: "English", load: async () => en },
  "zh-Hans": { name: "简体中文", load: async () => (await import("./zh-hans.ts")).zhHans },
  de: { name: "Deutsch", load: async () => (await import("./de.ts")).de },
  es: { name: "Español", load: async () => (await import("./es.ts")).es },
  fr: { name: "Français", load: async () => (await import("./fr.ts")).fr },
};
const NAME = "footfall-language";

let texts: Texts = en;
let language = "en";
/** Made when it is first needed. */
let plurals: Intl.PluralRules | undefined;

/** The tag of the language that is spoken. */
export const currentLanguage = (): string => language;

/** Speaks the language that was chosen on this device, or the browser's first one that there is. English where its file does not come. */
export async function loadLanguage(): Promise<void> {
  const wanted = [recall("localStorage", NAME) ?? "", ...navigator.languages];
  await speak(wanted.map(known).find((tag) => tag !== undefined) ?? "en").catch(() => speak("en"));
}

/** Speaks another language from now on; the page has to be drawn again. */
export async function chooseLanguage(tag: string): Promise<void> {
  await speak(tag);
  keep("localStorage", NAME, tag);
}

async function speak(tag: string): Promise<void> {
  texts = (await LANGUAGES[tag]?.load()) ?? en;
  language = tag;
  plurals = undefined;
  // Numbers and dates as in the reader's own country, where it speaks that language.
  setLocale(navigator.languages.find((one) => known(one) === tag) ?? tag);
  document.documentElement.lang = tag;
}

/** Of the languages there are, the one that a browser's tag means. Whoever reads any Chinese reads Simplified rather than English. */
function known(tag: string): string | undefined {
  const base = tag.split("-")[0]?.toLowerCase();
  return Object.keys(LANGUAGES).find((one) => one === tag || one.split("-")[0] === base);
}

/** A text, with its names filled in: numbers as the reader writes them, and as `n` the one that chooses the form. */
export function t(name: TextName, values: Readonly<Record<string, string | number>> = {}): string {
  const entry = texts[name];
  const n = values["n"];
  const form = typeof entry === "string" ? entry : formOf(entry, typeof n === "number" ? n : 0);
  return form.replace(/\{(\w+)\}/g, (whole, key: string) => {
    const value = values[key];
    return value === undefined ? whole : typeof value === "number" ? number(value) : value;
  });
}

function formOf(entry: Plural, n: number): string {
  plurals ??= new Intl.PluralRules(language);
  return entry[plurals.select(n) as keyof Plural] ?? entry.other;
}
