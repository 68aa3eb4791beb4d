// @vitest-environment node
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type Manifest, build } from "vite";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

/** What a phone fetches in two seconds on a slow 3G connection, and half of what pages weigh on average. */
const FIRST_LOAD_BYTES = 150_000;
const BUILD_MS = 120_000;

let folder: string;
let manifest: Manifest;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "bedside-app-"));
  const app = fileURLToPath(new URL("..", import.meta.url));
  const output = { outDir: folder, emptyOutDir: true, manifest: "manifest.json" };
  // Vitest says "test", and React would come in its slow, talkative form.
  vi.stubEnv("NODE_ENV", "production");
  await build({ root: app, configFile: join(app, "vite.config.ts"), logLevel: "error", build: output });
  vi.unstubAllEnvs();
  manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Manifest;
}, BUILD_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const zipped = (file: string) => gzipSync(readFileSync(join(folder, file))).length;

/** A chunk, what it cannot do without, and their styles. */
function needed(key: string, found = new Set<string>()): Set<string> {
  const chunk = manifest[key];
  if (!chunk || found.has(chunk.file)) return found;
  for (const file of [chunk.file, ...(chunk.css ?? [])]) found.add(file);
  for (const each of chunk.imports ?? []) needed(each, found);
  return found;
}

test("the first load is at most 150 KB gzipped, in the language that has most words", () => {
  const languages = Object.keys(manifest).filter((key) => key.includes("texts/messages/"));
  expect(languages).toHaveLength(3);
  const words = Math.max(...languages.map((key) => zipped(manifest[key]?.file ?? "")));
  const files = ["index.html", ...needed("index.html")];
  const bytes = files.reduce((sum, file) => sum + zipped(file), words);
  console.info(`first load: ${Math.round(bytes / 1_000)} KB gzipped in ${files.length + 1} files`);
  expect(bytes).toBeLessThanOrEqual(FIRST_LOAD_BYTES);
});

test("nothing on the page needs an exception in a strict Content-Security-Policy", () => {
  const page = readFileSync(join(folder, "index.html"), "utf8");
  expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|="javascript:/i);
  expect(page.match(/<script\b[^>]*>[^<]/g)).toBeNull();
  const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1]);
  expect(addresses.filter((address) => !address?.startsWith("/assets/"))).toEqual([]);
});

test("no style sheet fetches anything, from here or from elsewhere", () => {
  const sheets = readdirSync(join(folder, "assets")).filter((file) => file.endsWith(".css"));
  expect(sheets.length).toBeGreaterThan(0);
  for (const sheet of sheets) {
    expect(readFileSync(join(folder, "assets", sheet), "utf8")).not.toMatch(/url\(|@import/);
  }
});
