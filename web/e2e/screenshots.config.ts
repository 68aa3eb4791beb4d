import { defineConfig } from "vitest/config";

/** `npm run screenshots`: the pictures in docs/, taken of a visit that really takes place. */
export default defineConfig({
  test: {
    include: ["screenshots/**/*.shot.ts"],
    globalSetup: ["src/pages.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
