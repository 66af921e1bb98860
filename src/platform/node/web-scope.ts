import { Headers } from "@whatwg-node/node-fetch";

type Class = new (...args: never[]) => object;

/**
 * The global scope of the server's bundle, as far as it names classes of the web; build/products.ts puts it in place of `globalThis`.
 * Node loads its whole `fetch` when `Headers`, `Request` or `Response` is first read: 50 ms, about as long as all the rest of a start.
 * @hono/node-server reads them as it is loaded, but only to extend them, and serves with light classes of its own; it has no option
 * for that (https://github.com/honojs/node-server/issues). To have the globals instead, leave out `inject` and `define` there.
 */
export const webScope = {
  CloseEvent: /* @__PURE__ */ lazyGlobal("CloseEvent"),
  Headers,
  Request: /* @__PURE__ */ lazyGlobal("Request"),
  Response: /* @__PURE__ */ lazyGlobal("Response"),
};

/** A class that stands for a global one, which is read when the first object of it is made. */
function lazyGlobal(name: "CloseEvent" | "Request" | "Response"): Class {
  let real: Class | undefined;
  function StandIn(this: object, ...args: never[]): object {
    if (!real) {
      real = globalThis[name] as Class;
      // Subclasses of the stand-in extend the real class from here on; what that makes is an instance of both.
      Object.setPrototypeOf(StandIn, real);
      Object.setPrototypeOf(StandIn.prototype, real.prototype);
      StandIn.prototype = real.prototype;
    }
    return Reflect.construct(real, args, new.target === StandIn ? real : new.target);
  }
  return StandIn as unknown as Class;
}
