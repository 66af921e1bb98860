import { getSites, isRefused, request } from "./api.ts";
import { currentKey } from "./session.ts";

/** What the session's key may do; `unknown` where the service cannot be asked. */
export type Role = "none" | "stats" | "admin" | "unknown";

/** Who may read a site, and what this browser may do. */
export interface Access {
  readonly role: Role;
  /** Everybody may read it. */
  readonly isPublic: boolean;
  /** The client's address as the service sees it; `undefined` where it does not tell. */
  readonly address: string | null | undefined;
}

/** Asks the service about a site. */
export async function readAccess(site: string, signal: AbortSignal): Promise<Access> {
  const [client, isPublic] = await Promise.all([askClient(currentKey(), signal), opens(site, null, signal)]);
  return { ...client, isPublic };
}

/** What a key may do: only ADMIN_KEY may ask which address the service sees. */
export async function askClient(key: string | null, signal: AbortSignal): Promise<Pick<Access, "role" | "address">> {
  if (key === null) return { role: "none", address: undefined };
  try {
    const { address } = await (await request("v1/client", { key, signal })).json();
    return { role: "admin", address };
  } catch (error) {
    if (signal.aborted) throw error;
    return { role: isRefused(error) ? "stats" : "unknown", address: undefined };
  }
}

/** Whether a key opens a site; `null`: without any key. */
export async function opens(site: string, key: string | null, signal: AbortSignal): Promise<boolean> {
  try {
    const { sites } = await getSites(signal, key);
    return sites.some((one) => one.site === site);
  } catch (error) {
    if (isRefused(error)) return false;
    throw error;
  }
}
