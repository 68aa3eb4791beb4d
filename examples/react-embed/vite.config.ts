import { defineConfig } from "vite";

const bedside = process.env["BEDSIDE_URL"] ?? "http://127.0.0.1:4000";

export default defineConfig({
  // The client library is a neighbour's folder here, with a React of its own; a page has one.
  resolve: { dedupe: ["react", "react-dom"] },
  server: {
    proxy: {
      "/socket.io": { target: bedside, ws: true },
      "/api": { target: bedside },
    },
  },
});
