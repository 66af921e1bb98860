import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../build/root.ts";

const FOLDER = join(ROOT, ".github", "workflows");

test.each(readdirSync(FOLDER))("%s takes every action by its commit, and says which version that is", (name) => {
  const actions = readFileSync(join(FOLDER, name), "utf8").match(/uses: (?!\.\/).*/g) ?? [];
  expect(actions.filter((action) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
});
