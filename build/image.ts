import { join } from "node:path";
import { DIST } from "./root.ts";

/** What test/container.test.ts writes of the image that it has built, and `npm run bench size` shows. */
export const IMAGE_FILE = join(DIST, "image.json");

/** Bytes in the image, by what they are. */
export interface Image {
  readonly node: number;
  readonly libraries: number;
  /** Everything of Footfall's own, by folder. */
  readonly added: Readonly<Record<string, number>>;
}
