import { cp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build, type Plugin } from "esbuild";
import { nodeOptions, products } from "../products.ts";
import { DIST, ROOT } from "../root.ts";
import { SERVER } from "../server.ts";

const SOURCES = join(ROOT, "build", "bench", "peers");
const OUT = join(DIST, "bench", "peers");

const RECORDER = { file: "src/domain/recorder.ts", export: "createRecorder" };
/** Peers that are this very server with one function replaced by their own. */
const VARIANTS = {
  "no-op": RECORDER,
  "commit-per-visit": RECORDER,
  "read-then-put": RECORDER,
  "transaction-per-visit": RECORDER,
  "plain-grpc": { file: "src/platform/node/datastore.ts", export: "openDatastoreOnNode" },
};

export type Peer = keyof typeof VARIANTS | "bare" | "hono";

/** Where a built peer is. */
export function peerFile(peer: Peer): string {
  return join(OUT, peer, "index.cjs");
}

/** Builds the peers that count as the server is built, and those whose start is compared with no start-up optimisation. */
export async function buildPeers(peers: readonly Peer[]): Promise<void> {
  const server = products.find(({ name }) => name === "server")?.options ?? nodeOptions;
  for (const peer of peers) {
    const outdir = join(OUT, peer);
    const own = join(SOURCES, `${peer}.ts`);
    const plain = { ...nodeOptions, outdir };
    if (peer === "bare" || peer === "hono") await build({ ...plain, entryPoints: { index: own } });
    else if (peer === "plain-grpc")
      await build({ ...plain, entryPoints: { index: "src/node.ts" }, plugins: [replace(VARIANTS[peer], own)] });
    else {
      await build({ ...server, outdir, plugins: [replace(VARIANTS[peer], own), ...(server.plugins ?? [])] });
      for (const beside of ["google.cjs", "sqlite-thread.cjs"]) await cp(join(dirname(SERVER), beside), join(outdir, beside));
    }
  }
}

/** Takes one export of a source from elsewhere. Fails where nothing imports that source. */
function replace(original: { file: string; export: string }, by: string): Plugin {
  const file = join(ROOT, original.file);
  const contents = `export * from ${JSON.stringify(file)}; export { ${original.export} } from ${JSON.stringify(by)};`;
  return {
    name: "replace",
    setup({ onResolve, onLoad, onEnd }) {
      let replaced = false;
      // The client that has entities reads a file beside itself as it is loaded.
      onResolve({ filter: /^@google-cloud\/datastore$/ }, ({ path }) => ({ path, external: true }));
      onResolve({ filter: /^\..*\.ts$/ }, ({ path, resolveDir, importer }) => {
        if (importer === by || join(resolveDir, path) !== file) return null;
        replaced = true;
        return { path: file, namespace: "replaced" };
      });
      onLoad({ filter: /./, namespace: "replaced" }, () => ({ contents, resolveDir: ROOT }));
      onEnd(() => ({ errors: replaced ? [] : [{ text: `nothing imports ${original.file}: bring build/bench/peers.ts up to date` }] }));
    },
  };
}
