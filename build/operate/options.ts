import { refuse } from "../options.ts";
import { fail } from "../root.ts";

/** Options that several commands have. */
export const COMMON = {
  url: { value: "URL", required: true, help: "the service's address" },
  key: { value: "KEY", help: "its API key; better ADMIN_KEY of the environment, as npm prints its command line" },
} as const;

/** A service's address without a slash at its end. */
export function serviceUrl(name: string, text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    refuse(name, text, "a service's address such as https://footfall-1a2b3c.ew.gateway.dev");
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** The API key, from the environment or from its option, if there is one; npm would have printed it. */
export function optionalKey(option: string | undefined): string | undefined {
  if (option && process.env["npm_lifecycle_event"])
    fail("--key was printed by npm, as its whole command line is; give it in the environment: export ADMIN_KEY=…");
  return option || process.env["ADMIN_KEY"] || undefined;
}

/** The API key, or the end of the process. */
export function apiKey(option: string | undefined): string {
  return optionalKey(option) ?? fail("The API key is missing; give it in the environment: export ADMIN_KEY=…");
}
