import type { Result, Router } from "hono/router";

/** Finds a path's handler by one look, where Hono's own routers try patterns: no path here has a parameter but `/assets/:file`, in its last place. */
export class TableRouter<T> implements Router<T> {
  readonly name = "TableRouter";
  readonly #routes = new Map<string, T>();

  add(method: string, path: string, handler: T): void {
    this.#routes.set(`${method} ${path}`, handler);
  }

  match(method: string, path: string): Result<T> {
    const route = `${method} ${path}`;
    const found = this.#routes.get(route) ?? this.#routes.get(route.replace(/[^/]+$/, ":file")) ?? this.#routes.get("ALL /*");
    return [found ? [[found, {}]] : []];
  }
}

/** A request's path as it was sent, without the slash that any may end with. */
export function pathOf({ url }: Request): string {
  // Not by a pattern: to have one compiled is too long for a start. Behind `https://`, the first slash begins the path.
  const [target = ""] = url.slice(url.indexOf("/", 8)).split("#", 1);
  const [path = ""] = target.split("?", 1);
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
