import { defineConfig } from "vitest/config";
import { ROOT } from "../build/root.ts";

export default defineConfig({
  root: ROOT,
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    setupFiles: ["test/support/setup.ts"],
    pool: "forks",
    // One file at a time: each starts servers and clients of its own, and the machine may have two cores.
    fileParallelism: false,
    // Generous, because a loaded machine is slow: what must be fast is asserted, not timed out.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
