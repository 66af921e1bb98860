// What workerd runs under `npm run dev`: it stays, and hands everything on to the version of the worker that was loaded last, so that an
// edit needs no new workerd. A version is a module that `npm run dev` answers for. A Durable Object keeps its storage when its code changes.
import { DurableObject } from "cloudflare:workers";

/** Calls that the runtime makes only where a class has them. */
const OPTIONAL = new Set(["alarm", "fetch", "self", "tail", "test", "trace", "webSocketClose", "webSocketError", "webSocketMessage"]);

let version;

/** `FIRST`, which workerd is started with, until another one is loaded. */
const current = async () => (version ??= await import(FIRST));

// biome-ignore lint/style/noDefaultExport: so workerd wants it.
export default {
  async fetch(request, env, context) {
    const wanted = request.headers.get("x-dev-load");
    if (wanted === null) return (await current()).default.fetch(request, env, context);
    try {
      version = await import(wanted);
      return new Response();
    } catch (error) {
      return new Response(error.stack, { status: 500 });
    }
  },
};

/** A class whose objects do what those of the current version's class of that name do. */
export function shellOf(name) {
  class Shell extends DurableObject {
    #object;
    #version;

    async object() {
      const now = await current();
      if (this.#version !== now) this.#object = new now[name](this.ctx, this.env);
      this.#version = now;
      return this.#object;
    }
  }
  const handOn = (method) =>
    async function (...args) {
      return (await this.object())[method](...args);
    };
  // The runtime looks methods up here: whatever is asked for, and unknown, is handed on.
  const get = (target, key, receiver) => {
    const known = Reflect.get(target, key, receiver);
    return known !== undefined || typeof key === "symbol" || OPTIONAL.has(key) ? known : handOn(key);
  };
  Object.setPrototypeOf(Shell.prototype, new Proxy(DurableObject.prototype, { get }));
  return Shell;
}
