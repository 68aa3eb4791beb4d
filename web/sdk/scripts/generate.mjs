// Writes src/generated/: the events' types from docs/protocol/schema.json, the REST types from docs/protocol/openapi.json.
// With --check nothing is written, and what is stale fails.
import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";
import openapiTypescript, { astToString } from "openapi-typescript";

const protocol = new URL("../../../docs/protocol/", import.meta.url);
const generated = new URL("../src/generated/", import.meta.url);
const head = "// Generated from the server's protocol by `npm run generate`. Not to be edited.\n\n";

const nameOf = ({ $ref }) => $ref.replace("#/definitions/", "");

async function events() {
  const schema = JSON.parse(await readFile(new URL("schema.json", protocol), "utf8"));
  const { definitions, "x-client-events": client, "x-server-events": server } = schema;
  // A message may come in without its place; it never goes out without it.
  definitions.ChatMessage.required = [...new Set([...definitions.ChatMessage.required, "seq"])];
  // The server may add fields to what it says; a type that forbids them would only be in the way.
  const types = await compile({ title: "Everything", type: "object", definitions }, "Everything", {
    additionalProperties: false,
    bannerComment: "",
    unreachableDefinitions: true,
    style: { printWidth: 110 },
  });
  const doc = (summary) => `  /** ${summary} */\n`;
  const clientRows = Object.entries(client).map(
    ([name, { data, answer, summary }]) =>
      `${doc(summary)}  "${name}": { data: ${nameOf(data)}; answer: ${nameOf(answer)} };`,
  );
  const serverRows = Object.entries(server).map(
    ([name, { data, summary }]) => `${doc(summary)}  "${name}": ${nameOf(data)};`,
  );
  return `${head}${unnamed(types)}
/** What a client may say: its data, and what answers it. */
export interface ClientEvents {
${clientRows.join("\n")}
}

/** What the server may say without being asked. */
export interface ServerEvents {
${serverRows.join("\n")}
}
`;
}

/** The wrapper around the definitions is nobody's type. */
const unnamed = (types) =>
  types
    .replace(/export interface Everything \{\}\n*/, "")
    .replace(/\/\*\*\n \* This interface was referenced by `Everything`[\s\S]*?\*\/\n/g, "")
    .replace(
      / \*\n \* This interface was referenced by `Everything`'s JSON-Schema\n \* via the `definition` "[^"]*"\.\n/g,
      "",
    );

async function rest() {
  const ast = await openapiTypescript(new URL("openapi.json", protocol), { defaultNonNullable: false });
  return head + astToString(ast);
}

let stale = false;
for (const [file, text] of [
  ["events.ts", await events()],
  ["rest.ts", await rest()],
]) {
  const path = new URL(file, generated);
  const before = await readFile(path, "utf8").catch(() => "");
  if (before === text) continue;
  if (process.argv.includes("--check")) {
    console.error(`src/generated/${file} is stale: npm run generate`);
    stale = true;
  } else {
    await writeFile(path, text);
    console.log(`src/generated/${file} was written`);
  }
}
process.exitCode = stale ? 1 : 0;
