import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DIST } from "../root.ts";
import { bytes } from "../size.ts";
import type { Budget } from "./result.ts";

/** The container test writes it: bytes in the image it has built, by what they are. */
export const IMAGE_FILE = join(DIST, "image.json");

export interface Image {
  readonly node: number;
  readonly libraries: number;
  /** All that is Footfall's. */
  readonly added: Readonly<Record<string, number>>;
}

/** The most that the image may add to Node and its libraries. */
const ADDED_BYTES = 4 * 1_024 * 1_024;

/** The image's parts, where one was built here. */
export async function imageByFolder(): Promise<{ rows: string[][]; budgets: Budget[]; notes: string[] }> {
  const text = await readFile(IMAGE_FILE, "utf8").catch(() => null);
  if (text === null) return { rows: [], budgets: [], notes: ["No image was built here; npm test builds one where buildah is."] };
  const { node, libraries, added }: Image = JSON.parse(text);
  const sum = Object.values(added).reduce((total, size) => total + size, 0);
  const row = (name: string, size: number) => [name, "", bytes(size), "", ""];
  return {
    rows: [
      row("image", node + libraries + sum),
      row("  node", node),
      row("  its system libraries", libraries),
      ...Object.entries(added).map(([name, size]) => row(`  ${name}`, size)),
    ],
    budgets: [{ name: "image beyond Node and its libraries, bytes", value: sum, goal: ADDED_BYTES, kind: "most" }],
    notes: [],
  };
}
