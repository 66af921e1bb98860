import { refuse } from "../options.ts";
import { fail } from "../root.ts";

/** Options that several commands have. */
export const COMMON = {
  url: { value: "URL", required: true, help: "the service's address" },
  key: { value: "KEY", help: "its API key; else ADMIN_KEY of the environment" },
} as const;

/** A service's address without a slash at its end. */
export function serviceUrl(name: string, text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    refuse(name, text, "a service's address such as https://footfall-1a2b3c.ew.gateway.dev");
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** The API key, from its option or from the environment. */
export function apiKey(option: string | undefined): string {
  return option || process.env["ADMIN_KEY"] || fail("The API key is missing; give it as --key, or in the environment as ADMIN_KEY.");
}
