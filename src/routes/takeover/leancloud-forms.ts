import * as v from "valibot";
import { text } from "../../http/fields.ts";
import { strictObject } from "../../http/validate.ts";
import { TARGET } from "./targets.ts";

/** The path of the class. */
export const CLASS = "/1.1/classes/Counter";
/** The most pages in one query, and the most requests in one batch: Fluid sends three. */
const MAX_TARGETS = 100;
export const MAX_REQUESTS = 10;
/** The longest batch, in bytes: the SDK sends a query that is too long for a URL as one. */
export const MAX_BATCH_BYTES = 16 * 1_024;

export const WHERE_ALLOWED = `{"url":"/page/"} or {"url":{"$in":["/page/"]}}, with url or target, and at most ${MAX_TARGETS} pages`;
const names = v.union([
  v.pipe(
    text,
    v.transform((name) => [name]),
  ),
  v.pipe(
    v.strictObject({ $in: v.pipe(v.array(text), v.maxLength(MAX_TARGETS)) }),
    v.transform(({ $in }) => $in),
  ),
]);
export const WHERE = v.union([v.strictObject({ url: names }), v.strictObject({ target: names })], WHERE_ALLOWED);
/** What the SDK sends beside `where` (an order, a limit) changes no number. */
export const FIND = v.object({ where: v.string(WHERE_ALLOWED) });
const TIME_ALLOWED = "0 or 1";
/** Title, ACL and xid are a client's own: nothing keeps them. */
export const CREATE = v.object({
  url: v.optional(TARGET),
  target: v.optional(TARGET),
  time: v.optional(v.picklist([0, 1], TIME_ALLOWED), 0),
});
const INCREMENT_ALLOWED = '{"__op":"Increment","amount":1}';
export const UPDATE = strictObject({
  time: v.strictObject({ __op: v.literal("Increment", INCREMENT_ALLOWED), amount: v.literal(1, INCREMENT_ALLOWED) }, INCREMENT_ALLOWED),
});
const PATH_ALLOWED = `${CLASS}/OBJECT_ID to PUT, ${CLASS} to GET`;
export const BATCH = strictObject({
  requests: v.pipe(
    v.array(
      v.object({
        method: v.picklist(["PUT", "GET"], '"PUT" or "GET"'),
        path: v.pipe(v.string(PATH_ALLOWED), v.regex(/^\/1\.1\/classes\/Counter(?:\/[\w-]+)?$/, PATH_ALLOWED)),
        body: v.optional(v.unknown()),
        params: v.optional(v.object({ where: v.unknown() })),
      }),
      "an array of requests",
    ),
    v.maxLength(MAX_REQUESTS, `at most ${MAX_REQUESTS} requests`),
  ),
});
