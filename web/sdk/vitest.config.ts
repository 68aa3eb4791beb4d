import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    // Real servers and real time: what takes so long hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
