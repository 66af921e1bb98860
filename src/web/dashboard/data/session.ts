import { keep, recall } from "./storage.ts";

const NAME = "footfall-key";

let typed = recall("sessionStorage", NAME) ?? recall("localStorage", NAME);

/** A shared link has its key in the fragment, which no browser sends to a server. It comes before a key that was typed. */
function sharedKey(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get("key");
}

/** The key that requests bear; `null` without one. */
export function currentKey(): string | null {
  return sharedKey() ?? typed;
}

/** Whether the key is that of a shared link. */
export const isShared = (): boolean => sharedKey() !== null;

/** Takes a key: for this tab, or for this device. */
export function signIn(key: string, remember: boolean): void {
  signOut();
  typed = key;
  keep(remember ? "localStorage" : "sessionStorage", NAME, key);
}

/** Forgets the key, also a shared link's. */
export function signOut(): void {
  typed = null;
  keep("sessionStorage", NAME, null);
  keep("localStorage", NAME, null);
  if (location.hash) history.replaceState(history.state, "", location.pathname + location.search);
}
