type Class = new (...args: never[]) => object;

/**
 * The global scope of the server's bundle, as far as it names classes of the web: build/products.ts puts it in place of `globalThis`.
 * Node loads its whole `fetch` when `Headers`, `Request` or `Response` is first read, which takes about as long as all the rest of a
 * start; @hono/node-server reads them as it is loaded, but only to extend them: what it serves with are light classes of its own, which
 * it puts here.
 */
export const webScope = {
  CloseEvent: /* @__PURE__ */ putOff("CloseEvent"),
  Headers: /* @__PURE__ */ putOff("Headers"),
  Request: /* @__PURE__ */ putOff("Request"),
  Response: /* @__PURE__ */ putOff("Response"),
};

/** A class that stands for a global one, which is read when the first object of it is made. */
function putOff(name: "CloseEvent" | "Headers" | "Request" | "Response"): Class {
  let real: Class | undefined;
  function StandIn(this: object, ...args: never[]): object {
    if (!real) {
      real = globalThis[name] as Class;
      // What extends the stand-in extends the class from here on; what the class makes is an instance of both.
      Object.setPrototypeOf(StandIn, real);
      Object.setPrototypeOf(StandIn.prototype, real.prototype);
      StandIn.prototype = real.prototype;
    }
    return Reflect.construct(real, args, new.target === StandIn ? real : new.target);
  }
  return StandIn as unknown as Class;
}
