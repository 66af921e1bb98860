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
  return /^[^/]*\/\/[^/]*(\/.*?)\/?(?:[?#]|$)/s.exec(url)?.[1] ?? "/";
}
