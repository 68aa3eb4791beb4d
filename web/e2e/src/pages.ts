/** The pages of these tests: bundled once before them, and served to the browsers. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import type {} from "vitest";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the pages are. */
    pages: string;
    /** The folder of the pages for people. */
    app: string;
  }
}

const root = fileURLToPath(new URL("../pages/", import.meta.url));
const out = fileURLToPath(new URL("../dist/sdk/", import.meta.url));
const app = fileURLToPath(new URL("../../app/", import.meta.url));
const builtApp = fileURLToPath(new URL("../dist/app/", import.meta.url));
const sdk = fileURLToPath(new URL("../../sdk/src/index.ts", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    resolve: { alias: { "@bedside/client": sdk } },
    build: { outDir: out, emptyOutDir: true, target: "es2022", minify: false, rolldownOptions: { input: [join(root, "call.html")] } },
  });
  await buildApp();
  project.provide("app", builtApp);
  const server = createServer((request, response) => {
    const path = normalize(join(out, new URL(request.url ?? "/", "http://localhost").pathname));
    if (!path.startsWith(out)) return void response.writeHead(404).end();
    void stat(path).then(
      () => {
        response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
        createReadStream(path).pipe(response);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  project.provide("pages", `http://localhost:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
}

/** The pages for people as they are now, and as a release has them. */
async function buildApp(): Promise<void> {
  const before = process.env["NODE_ENV"];
  // Vitest says "test", and React would come in its slow, talkative form.
  process.env["NODE_ENV"] = "production";
  const output = { outDir: builtApp, emptyOutDir: true };
  await build({ root: app, configFile: join(app, "vite.config.ts"), logLevel: "error", build: output });
  process.env["NODE_ENV"] = before;
}
