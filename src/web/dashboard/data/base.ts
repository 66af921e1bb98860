/** The service's own address, ending in a slash. It may be below a path: this script is served from `assets/` there. */
export const BASE = new URL("../", import.meta.url);

/** An address of the service: `v1/sites`, say, which may also be below a path. */
export function serviceUrl(path: string, query: Readonly<Record<string, string>> = {}): string {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}
