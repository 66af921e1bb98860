import { quote } from "./domain/invalid.ts";

/** The environment as the platform hands it over; an empty value counts as absent. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A bad or missing setting, in one line that names the variable, its value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Refuses a setting. */
export function refuse(name: string, value: string | undefined, allowed: string): never {
  throw new ConfigError(`${name} is ${value ? quote(value) : "not set"}; allowed is ${allowed}.`);
}

/** One of the words that are allowed. */
export function choice<T extends string>(env: Environment, name: string, allowed: readonly T[], otherwise: T): T {
  const value = env[name] || otherwise;
  return allowed.find((one) => one === value) ?? refuse(name, value, allowed.map(quote).join(" or "));
}

/** An integer within its bounds, written in decimal digits. */
export function integer(env: Environment, name: string, otherwise: number, min: number, max: number): number {
  const value = env[name];
  if (!value) return otherwise;
  const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
  return number >= min && number <= max ? number : refuse(name, value, `an integer from ${min} to ${max}`);
}

/** Text of a certain form; `undefined` where it is absent. */
export function matching(env: Environment, name: string, pattern: RegExp, allowed: string): string | undefined {
  const value = env[name] || undefined;
  return value === undefined || pattern.test(value) ? value : refuse(name, value, allowed);
}

/** The items of a comma-separated list. */
export function list(text: string): string[] {
  return text.split(",").map((item) => item.trim());
}
