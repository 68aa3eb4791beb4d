import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["src/pages.ts"],
    // Browsers share the machine's few processors: files run one after the other.
    fileParallelism: false,
    // Each wait in them has a limit of its own; a whole visit on a busy machine takes its time.
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});
