import type { Context, MiddlewareHandler } from "hono";
import type { Meter } from "../domain/meter.ts";
import type { Recorder } from "../domain/recorder.ts";
import type { Store } from "../domain/store.ts";
import type { Identities } from "../domain/visitors/identities.ts";
import type { ClientAddress } from "./client-address.ts";
import type { AppConfig } from "./config.ts";
import type { Env } from "./env.ts";
import type { Log } from "./log.ts";

/** What the app is made of; a root provides it. */
export interface Deps {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly config: AppConfig;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A new unique id of `[A-Za-z0-9_-]`. */
  readonly newId: () => string;
  /** How the visitors of a site are told apart on a day; `null` where they are not. */
  readonly identify: Identities | null;
  /** The address of a request's connection; `null` where the platform does not tell. */
  readonly socketAddress: ClientAddress;
  readonly log: Log;
  readonly meter: Meter;
  /** The release, as `/v1/health` tells it. */
  readonly version: string;
  /** Only HTTP/1.1 is spoken: a request without Content-Length and Transfer-Encoding has no body (RFC 9112, 6.3). */
  readonly http1: boolean;
  /** Answers with a file of `dist/assets`, by the request's path, or calls `next`. */
  readonly assets: MiddlewareHandler<Env>;
  /** Where the platform cancels work with its request: keeps the work of a visit that others wait for. */
  readonly keepAlive: (work: Promise<unknown>, c: Context) => void;
}
