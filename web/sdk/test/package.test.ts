/** What is published, and what is said of it. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { expect, test } from "vitest";
import { SDK, examples } from "./harness/readme.js";

const run = promisify(execFile);

test("generated types are those of the protocol", async () => {
  await run("node", ["scripts/generate.mjs", "--check"], { cwd: SDK });
});

test("the README's examples compile", async () => {
  const folder = await mkdtemp(path.join(SDK, "test/.readme-"));
  try {
    const files = (await examples()).map(async ({ language, text }, index) => {
      const file = path.join(folder, `example_${index}.${language}`);
      await writeFile(file, `${text}\nexport {};\n`);
      return file;
    });
    const { config } = ts.readConfigFile(path.join(SDK, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, SDK);
    const paths = {
      "@bedside/client": ["./src/index.ts"],
      "@bedside/client/react": ["./src/react/index.ts"],
    };
    const program = ts.createProgram(await Promise.all(files), {
      ...options,
      noUnusedLocals: false,
      paths: absolute(paths),
    });
    const faults = ts.getPreEmitDiagnostics(program);
    const host = {
      getCanonicalFileName: (name: string) => name,
      getCurrentDirectory: () => SDK,
      getNewLine: () => "\n",
    };
    expect(ts.formatDiagnostics(faults, host)).toBe("");
    expect(program.getRootFileNames().length).toBeGreaterThanOrEqual(5);
  } finally {
    await rm(folder, { recursive: true });
  }
});

function absolute(paths: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(paths).map(([name, files]) => [name, files.map((file) => path.join(SDK, file))]),
  );
}

test("the package holds its code, its types, its README and its licence, nothing else, and plain Node can import it", async () => {
  const folder = await mkdtemp(path.join(SDK, "test/.package-"));
  try {
    await run("npm", ["run", "build"], { cwd: SDK });
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: SDK });
    const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    const files = packed.files.map((file) => file.path);
    for (const wanted of [
      "package.json",
      "README.md",
      "LICENSE",
      "dist/index.js",
      "dist/index.d.ts",
      "dist/react/index.js",
      "dist/react/index.d.ts",
    ]) {
      expect(files).toContain(wanted);
    }
    expect(
      files.filter((file) => !/^(dist\/.+\.(js|d\.ts)|package\.json|README\.md|LICENSE)$/.test(file)),
    ).toEqual([]);
    await run("tar", ["-xzf", path.join(folder, packed.filename), "-C", folder]);
    const { exports, type } = JSON.parse(
      await readFile(path.join(folder, "package/package.json"), "utf8"),
    ) as {
      type: string;
      exports: Record<string, { default: string }>;
    };
    expect(type).toBe("module");
    for (const { default: entry } of Object.values(exports)) {
      const names = `import(${JSON.stringify(path.join(folder, "package", entry))}).then((all) => console.log(Object.keys(all).join(" ")))`;
      expect((await run("node", ["-e", names])).stdout).toMatch(/Bedside/);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
