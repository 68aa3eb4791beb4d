/** The README's examples, so that tests can hold it to them. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const SDK = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

export interface Example {
  language: string;
  text: string;
}

export async function examples(): Promise<Example[]> {
  const readme = await readFile(path.join(SDK, "README.md"), "utf8");
  const blocks = readme.matchAll(/^```(\w+)\n(.*?)^```/gms);
  return [...blocks].map(([, language = "", text = ""]) => ({ language, text }));
}

/** The one example that has this in it. */
export async function exampleWith(part: string): Promise<string> {
  const found = (await examples()).filter(({ text }) => text.includes(part));
  if (found.length !== 1) throw new Error(`the README has ${found.length} examples with ${part}`);
  return found[0]?.text ?? "";
}
