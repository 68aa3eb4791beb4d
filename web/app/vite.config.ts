import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env["BEDSIDE_URL"] ?? "http://127.0.0.1:4000";
const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Vite and Vitest read their configuration from the default export.
export default defineConfig({
  plugins: [react()],
  resolve: {
    // The client library from its source, so that a change in it shows at once and nothing is built twice.
    alias: {
      "@bedside/client/react": fromHere("../sdk/src/react/index.ts"),
      "@bedside/client": fromHere("../sdk/src/index.ts"),
    },
  },
  server: {
    proxy: {
      "/socket.io": { target: server, ws: true },
      "/api": { target: server },
      "/ws": { target: server, ws: true },
      "/livez": { target: server },
    },
  },
  build: {
    target: "es2022",
    // A data: address in a style sheet would need its own line in the Content-Security-Policy.
    assetsInlineLimit: 0,
    // The helper for old browsers is an inline script by nature; every browser with WebRTC knows modulepreload.
    modulePreload: { polyfill: false },
  },
  // What is made to be hard to read takes its time on a machine that is busy.
  test: { environment: "happy-dom", include: ["test/**/*.test.{ts,tsx}"], testTimeout: 30_000 },
} as Parameters<typeof defineConfig>[0]);
