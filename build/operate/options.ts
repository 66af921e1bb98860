import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { fail } from "../root.ts";

type Parsed<O extends ParseArgsOptionsConfig> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>;

/**
 * Reads a command's arguments. `--help` prints the usage and ends the process; an unknown option, or another number of arguments than
 * `names` has, ends it with what is wrong.
 *
 * @param usage the text of `--help`
 * @param options as `node:util` takes them
 * @param names the arguments that are no options, all of them required
 */
export function readOptions<const O extends ParseArgsOptionsConfig>(usage: string, options: O, names: readonly string[] = []): Parsed<O> {
  const args = process.argv.slice(2);
  if (args.includes("--help") || args.includes("-h")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    const parsed = parseArgs({ args, options, allowPositionals: true });
    const { positionals } = parsed;
    const missing = names[positionals.length];
    if (missing !== undefined) throw new TypeError(`${missing} is missing.`);
    if (positionals.length > names.length) throw new TypeError(`"${positionals[names.length]}" is one argument too many.`);
    return parsed;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    fail(`${error.message}\n\n${usage}`);
  }
}

/** A required option's value. */
export function required(name: string, value: string | undefined, usage: string): string {
  return value || fail(`--${name} is missing.\n\n${usage}`);
}

/** A service's address without a slash at its end. */
export function serviceUrl(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    fail(`${name} is "${text}"; allowed is a service's address such as https://footfall-1a2b3c.ew.gateway.dev`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** The API key, from its option or from the environment. */
export function apiKey(option: string | undefined): string {
  return option || process.env["ADMIN_KEY"] || fail("The API key is missing; give it as --key, or in the environment as ADMIN_KEY.");
}
