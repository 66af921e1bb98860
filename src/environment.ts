import { quote } from "./domain/invalid.ts";

/** The environment as the platform hands it over; an empty value counts as absent. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A bad or missing setting, in one line that names the variable, its value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** The one description of a setting, for its check, the line that refuses it, and the README's table (build/settings.ts). */
export interface Setting<T, Default extends T | null> {
  readonly name: string;
  /** What it is where it is absent; `null` where there is none, or it depends on other settings. */
  readonly otherwise: Default;
  /** Completes "allowed is …". */
  readonly allowed: string;
  /** `null` where the text is not allowed. A secret's throws a {@link ConfigError} that does not show it. */
  parse(text: string): T | null;
}

/** A setting's value, checked; throws {@link ConfigError}. */
export function read<T, Default extends T | null>(env: Environment, setting: Setting<T, Default>): T | Default {
  const text = env[setting.name];
  return text ? (setting.parse(text) ?? refuse(setting.name, text, setting.allowed)) : setting.otherwise;
}

/** Refuses a setting. */
export function refuse(name: string, value: string | undefined, allowed: string): never {
  throw new ConfigError(`${name} is ${value ? quote(value) : "not set"}; allowed is ${allowed}.`);
}

/** One of the words that are allowed. */
export function choice<T extends string, Default extends T | null>(
  name: string,
  otherwise: Default,
  words: readonly T[],
): Setting<T, Default> {
  return { name, otherwise, allowed: words.map(quote).join(" or "), parse: (text) => words.find((word) => word === text) ?? null };
}

/** An integer within its bounds, written in decimal digits. */
export function integer(name: string, otherwise: number, min: number, max: number): Setting<number, number> {
  return {
    name,
    otherwise,
    allowed: `an integer from ${min} to ${max}`,
    parse(text) {
      const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
      return number >= min && number <= max ? number : null;
    },
  };
}

/** Text of a certain form. */
export function matching<Default extends string | null>(
  name: string,
  otherwise: Default,
  pattern: RegExp,
  allowed: string,
): Setting<string, Default> {
  return { name, otherwise, allowed, parse: (text) => (pattern.test(text) ? text : null) };
}

/** The items of a comma-separated list, each once; `null` where `parse` refuses one. */
export function listOf<T>(text: string, parse: (item: string) => T | null): readonly T[] | null {
  const items = text.split(",").map((item) => parse(item.trim()));
  return items.every((item) => item !== null) ? [...new Set(items)] : null;
}
