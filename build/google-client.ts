import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import type { Plugin } from "esbuild";
import { ROOT } from "./root.ts";

/** A namespace of messages, as protobufjs has it. */
interface Namespace {
  readonly nested: Readonly<Record<string, Namespace>>;
}

const NOTHING = () => "";

/**
 * Modules of Google's client that are made smaller, by their path in node_modules, with what becomes of their source. Left out is what
 * it loads for other services, another transport, and types for JavaScript's users: half of it.
 */
const LEANER: Readonly<Record<string, (source: string) => string>> = {
  "@google-cloud/datastore-api/build/protos/protos.js": NOTHING,
  "@google-cloud/datastore-api/build/protos/protos.json": (source) => JSON.stringify(needed(JSON.parse(source))),
  "@google-cloud/datastore-api/build/src/v1/datastore_admin_client.js": NOTHING,
  "google-gax/build/protos/iam_service.js": NOTHING,
  "google-gax/build/protos/locations.js": NOTHING,
  "google-gax/build/protos/operations.js": NOTHING,
  "google-gax/build/src/fallback.js": NOTHING,
  // Each message would be described to servers that tell what they can do; a client has no use for it, and it takes longest of all.
  "protobufjs/ext/descriptor/index.js": () => `const { Enum, Root, Type } = require("../..");
for (const each of [Enum, Root, Type]) each.prototype.toDescriptor = () => ({ file: [], $type: { toObject: () => ({}) } });`,
};

/** Makes a bundle's modules {@link LEANER}; fails where the client has no such module, after an update say. */
export const leanClient: Plugin = {
  name: "lean-client",
  setup({ onLoad, onEnd }) {
    const missing = new Set(Object.keys(LEANER));
    onLoad({ filter: /\/(?:datastore-api|google-gax|protobufjs)\/.+\.js(?:on)?$/ }, async ({ path }) => {
      const module = relative(`${ROOT}/node_modules`, path);
      const change = LEANER[module];
      if (!change) return null;
      missing.delete(module);
      return { contents: change(await readFile(path, "utf8")), loader: path.endsWith("json") ? "json" : "js" };
    });
    onEnd(() => ({ errors: [...missing].map((module) => ({ text: `no ${module}: bring build/google-client.ts up to date` })) }));
  },
};

/** What a `google.protobuf.Struct` is made of, beside itself. */
const STRUCT = ["protobuf.Value", "protobuf.ListValue", "protobuf.NullValue"];

/** Of all packages that of Datastore's own service, and of the others the messages that it names: the client works through all at once. */
function needed({ nested: { google } }: Namespace): object {
  const { v1 } = google?.nested["datastore"]?.nested ?? {};
  const named = new Set(Array.from(JSON.stringify(v1).matchAll(/"google\.(\w+\.\w+)"/g), ([, name]) => name));
  const others = Object.entries(google?.nested ?? {}).map(([name, { nested }]) => {
    const kept = Object.entries(nested).filter(([one]) => named.has(`${name}.${one}`) || STRUCT.includes(`${name}.${one}`));
    return [name, { nested: Object.fromEntries(kept) }];
  });
  return { nested: { google: { nested: { ...Object.fromEntries(others), datastore: { nested: { v1 } } } } } };
}
