// Compresses the built pages once, so that the server need not each time: compress.mjs FOLDER
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const COMPRESSIBLE = /\.(?:css|html|js|json|mjs|svg|txt|webmanifest)$/;
// Below this the headers weigh as much as what is saved.
const WORTHWHILE = 512;

const folder = process.argv[2];
if (!folder) throw new Error("usage: compress.mjs FOLDER");

let [plain, brotli, gzip] = [0, 0, 0];
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const bytes = readFileSync(path);
  if (bytes.length < WORTHWHILE) continue;
  const best = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
  const made = { br: brotliCompressSync(bytes, best), gz: gzipSync(bytes, { level: 9 }) };
  for (const [kind, compressed] of Object.entries(made)) writeFileSync(`${path}.${kind}`, compressed);
  plain += bytes.length;
  brotli += made.br.length;
  gzip += made.gz.length;
}
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
console.log(`${folder}: ${kilobytes(plain)}, gzip ${kilobytes(gzip)}, brotli ${kilobytes(brotli)}`);
