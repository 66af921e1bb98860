import { ADMIN_KEY } from "../../src/settings.ts";
import { refuse, settingsOrFail } from "../options.ts";
import { fail } from "../root.ts";

/** Options that several commands have. */
export const COMMON = {
  url: { value: "URL", required: true, help: "the service's address; its API key is ADMIN_KEY in the environment" },
} as const;

/** A service's address without a slash at its end. */
export function serviceUrl(name: string, text: string): string {
  const url = URL.parse(text);
  // `fetch` takes no user and password.
  if (url === null || !/^https?:$/.test(url.protocol) || url.username || url.password)
    refuse(name, text, "a service's address such as https://footfall-1a2b3c.ew.gateway.dev");
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** The API key, if there is one. No option has it, as npm prints its whole command line. */
export function optionalKey(): string | undefined {
  const key = process.env["ADMIN_KEY"]?.trim();
  return key ? (settingsOrFail(() => ADMIN_KEY.parse(key)) ?? undefined) : undefined;
}

/** The API key, or the end of the process. */
export function apiKey(): string {
  return optionalKey() ?? fail("The API key is missing; give it in the environment: export ADMIN_KEY=…");
}
