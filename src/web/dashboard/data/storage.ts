/** Where a value is kept: until the tab is closed, or for as long as the browser keeps it. */
export type Place = "sessionStorage" | "localStorage";

/** Reads a value; `null` where there is none, or where the browser blocks storage: reading the property throws then. */
export function recall(place: Place, name: string): string | null {
  try {
    return globalThis[place].getItem(name);
  } catch {
    return null;
  }
}

/** Keeps a value; `null` removes it. Without storage the page lives on with what is in its memory. */
export function keep(place: Place, name: string, value: string | null): void {
  try {
    if (value === null) globalThis[place].removeItem(name);
    else globalThis[place].setItem(name, value);
  } catch {
    // Blocked, or full.
  }
}
