import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { googleOptions, nodeOptions, products } from "../products.ts";
import { DIST, ROOT } from "../root.ts";

const SOURCES = join(ROOT, "build", "bench", "peers");
/** The root of the server. */
const ROOT_SOURCE = join(ROOT, "src", "node.ts");
const OUT = join(DIST, "bench", "peers");

/** Peers that are this very app, root and all, but for one source. */
const VARIANTS = {
  "no-op": "src/domain/recorder.ts",
  "commit-per-visit": "src/domain/recorder.ts",
  "read-then-put": "src/domain/recorder.ts",
  "transaction-per-visit": "src/domain/recorder.ts",
  "plain-grpc": "src/platform/node/datastore.ts",
} as const;

/** Peers that are something else. */
const OTHERS = ["bare", "hono"] as const;

export type Peer = keyof typeof VARIANTS | (typeof OTHERS)[number];

/** Where a built peer is. */
export function peerFile(peer: Peer): string {
  return join(OUT, peer, "index.cjs");
}

/** Builds the peers that count as the server is built, and the ones to compare its start with as one would without thinking of that. */
export async function buildPeers(peers: readonly Peer[]): Promise<void> {
  const server = products.find(({ name }) => name === "server")?.options;
  if (!server) throw new Error("build/products.ts has no server");
  for (const peer of peers) {
    const outdir = join(OUT, peer);
    const entry = join(SOURCES, `${peer}.ts`);
    if (peer === "bare" || peer === "hono") await build({ ...nodeOptions, outdir, entryPoints: { index: entry } });
    else if (peer === "plain-grpc")
      await build({ ...nodeOptions, outdir, entryPoints: { index: ROOT_SOURCE }, plugins: [replace(VARIANTS[peer], entry)] });
    else {
      await build({ ...server, outdir, plugins: [replace(VARIANTS[peer], entry), ...(server.plugins ?? [])] });
      await build({ ...googleOptions, outfile: join(outdir, "google.cjs") });
    }
  }
}

/** Has the root take one of its sources from elsewhere. */
function replace(original: string, by: string): Plugin {
  return {
    name: "replace",
    setup({ onResolve }) {
      // The client that has entities reads a file beside itself as it is loaded.
      onResolve({ filter: /^@google-cloud\/datastore$/ }, ({ path }) => ({ path, external: true }));
      onResolve({ filter: /\.ts$/ }, ({ path, importer }) =>
        importer === ROOT_SOURCE && join("src", path) === original ? { path: by } : null,
      );
    },
  };
}
