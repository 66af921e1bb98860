import { parseArgs } from "node:util";
import { ConfigError } from "../src/environment.ts";
import { fail } from "./root.ts";

/** An option of a command line; without `value` it is a flag. */
interface Option {
  /** What `--help` says of it; further lines are indented. */
  readonly help: string;
  /** Names its value in `--help`. */
  readonly value?: string;
  readonly default?: string;
  readonly required?: true;
  readonly multiple?: true;
  /** Which values it takes, as a pattern and in words. */
  readonly allowed?: Allowed;
}

/** A pattern of values, and what they are in words. */
export type Allowed = readonly [pattern: RegExp, words: string];

/** A command: its `--help` is made of this table. */
interface Command<O extends Readonly<Record<string, Option>>> {
  /** What one types, such as `npm run import --`. */
  readonly name: string;
  /** What it does, before the options. */
  readonly about: string;
  readonly options: O;
  /** The arguments that are no options, each required; or names of which any number may be given. */
  readonly positionals?: readonly string[] | { readonly name: string; readonly oneOf: readonly string[] };
  /** What `--help` says behind the options. */
  readonly notes?: string;
}

type ValueOf<O extends Option> = O extends { value: string }
  ? O extends { multiple: true }
    ? string[]
    : O extends { default: string } | { required: true }
      ? string
      : string | undefined
  : boolean;

/**
 * Reads `process.argv`. Prints `--help` and ends the process where it is asked for; ends it with one line where an option or an argument is
 * unknown, missing or not allowed.
 */
export function readOptions<const O extends Readonly<Record<string, Option>>>(
  command: Command<O>,
): { values: { [K in keyof O]: ValueOf<O[K]> }; positionals: string[] } {
  const { values, positionals } = parse(command);
  if (values["help"] === true) {
    console.log(helpOf(command));
    process.exit(0);
  }
  for (const [name, { required, allowed }] of Object.entries<Option>(command.options)) {
    const given = [values[name] ?? []].flat();
    if (required && !given.some(Boolean)) fail(`--${name} is missing; ${seeHelp(command)}`);
    for (const value of given) if (allowed && !allowed[0].test(String(value))) refuse(`--${name}`, String(value), allowed[1]);
  }
  checkPositionals(command, positionals);
  // The table says which options are flags, have a default or may be repeated.
  return { values: values as { [K in keyof O]: ValueOf<O[K]> }, positionals };
}

/** Ends the process: what a value was, and what is allowed. */
export function refuse(name: string, value: string, allowed: string): never {
  return fail(`${name} is "${value}"; allowed is ${allowed}.`);
}

/** What `read` makes of settings; ends the process with one line where they are refused. */
export function settingsOrFail<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message);
    throw error;
  }
}

/** Whole numbers from 0, or from 1, to 9999. */
export function wholeNumber(least: 0 | 1): Allowed {
  return [least === 0 ? /^\d{1,4}$/ : /^0*[1-9]\d{0,3}$/, `a whole number from ${least} to 9999`];
}

/** What `parseArgs` makes of it. */
type Parsed = { values: Record<string, string | boolean | (string | boolean)[] | undefined>; positionals: string[] };

function parse(command: Command<Readonly<Record<string, Option>>>): Parsed {
  const options = Object.entries<Option>(command.options).map(([name, { value, multiple = false, default: otherwise }]) => {
    const type = value === undefined ? "boolean" : "string";
    const initial = value === undefined ? false : multiple ? [] : otherwise;
    return [name, { type, multiple, ...(initial !== undefined && { default: initial }) }] as const;
  });
  try {
    return parseArgs({
      args: process.argv.slice(2),
      allowPositionals: true,
      options: { ...Object.fromEntries(options), help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    const [what] = (error as Error).message.split(". ");
    const names = Object.keys(command.options).map((name) => `--${name}`);
    return fail(`${what}; ${names.length > 0 ? `allowed are ${names.join(", ")}; ` : ""}${seeHelp(command)}`);
  }
}

function checkPositionals(command: Command<Readonly<Record<string, Option>>>, given: readonly string[]): void {
  const { positionals = [] } = command;
  if ("oneOf" in positionals) {
    const { name, oneOf } = positionals;
    for (const one of given) if (!oneOf.includes(one)) fail(`The ${name} is "${one}"; allowed are ${oneOf.join(", ")}.`);
    return;
  }
  const missing = positionals[given.length];
  if (missing !== undefined) fail(`${missing} is missing; ${seeHelp(command)}`);
  if (given.length > positionals.length) fail(`"${given[positionals.length]}" is one argument too many; ${seeHelp(command)}`);
}

function seeHelp({ name }: { readonly name: string }): string {
  return `see ${name}${name.endsWith("--") ? "" : " --"} --help`;
}

function helpOf({ name, about, options, positionals = [], notes }: Command<Readonly<Record<string, Option>>>): string {
  const given = "oneOf" in positionals ? `[${positionals.oneOf.join("|")} …]` : positionals.join(" ");
  const required = Object.entries(options).filter(([, option]) => option.required);
  const line = [name, given, ...required.map(([option, { value }]) => `--${option} ${value}`), "[options]"].filter(Boolean).join(" ");
  const rows = Object.entries({ ...options, help: { help: "prints this" } as Option }).map(
    ([option, { value, help, default: otherwise }]) => {
      const text = otherwise === undefined ? help : `${help} (${otherwise})`;
      return [`  --${option}${value === undefined ? "" : ` ${value}`}`, text] as const;
    },
  );
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  const table = rows.map(([left, help]) => `${left.padEnd(width)}${help.replaceAll("\n", `\n${" ".repeat(width)}`)}`).join("\n");
  return [line, about, table, notes].filter((part) => part !== undefined).join("\n\n");
}
