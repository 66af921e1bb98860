import { join } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { products } from "../products.ts";
import { DIST, ROOT } from "../root.ts";

const SOURCES = join(ROOT, "build", "bench", "peers");
const OUT = join(DIST, "bench", "peers");

/** Peers that are this very app, root and all, but for one source. */
const VARIANTS = {
  "no-op": "src/domain/recorder.ts",
  "commit-per-visit": "src/domain/recorder.ts",
  "read-then-put": "src/domain/recorder.ts",
  "transaction-per-visit": "src/domain/recorder.ts",
  "plain-grpc": "src/bindings/node/datastore.ts",
} as const;

/** Peers that are something else. */
const OTHERS = ["bare", "hono"] as const;

export type Peer = keyof typeof VARIANTS | (typeof OTHERS)[number];

/** The built server itself. */
export const FOOTFALL = join(DIST, "server", "index.mjs");

/** Where a built peer is. */
export function peerFile(peer: Peer): string {
  return join(OUT, peer, "index.mjs");
}

/** Bare Node, written the way that starts fastest: as CommonJS. */
export const BARE_FILE = join(OUT, "bare", "index.cjs");

/** Builds the peers exactly as the server is built. */
export async function buildPeers(peers: readonly Peer[]): Promise<void> {
  const server = products.find(({ name }) => name === "server")?.options;
  if (!server) throw new Error("build/products.ts has no server");
  for (const peer of peers) await build(optionsOf(peer, server));
}

function optionsOf(peer: Peer, server: BuildOptions): BuildOptions {
  const outdir = join(OUT, peer);
  const entry = join(SOURCES, `${peer}.ts`);
  if (peer === "bare") {
    const { outExtension: _, splitting: _splitting, banner: _banner, ...rest } = server;
    return { ...rest, outdir, entryPoints: { index: entry }, format: "cjs", outExtension: { ".js": ".cjs" } };
  }
  if (peer === "hono") return { ...server, outdir, entryPoints: { index: entry } };
  const plugins = [replace(VARIANTS[peer], entry), ...(server.plugins ?? [])];
  return { ...server, outdir, plugins };
}

/** Has the root take one of its sources from elsewhere. */
function replace(original: string, by: string): Plugin {
  const root = join(ROOT, "src", "node.ts");
  return {
    name: "replace",
    setup({ onResolve }) {
      // The client that has entities reads a file beside itself as it is loaded.
      onResolve({ filter: /^@google-cloud\/datastore$/ }, ({ path }) => ({ path, external: true }));
      onResolve({ filter: /\.ts$/ }, ({ path, importer }) => (importer === root && join("src", path) === original ? { path: by } : null));
    },
  };
}
