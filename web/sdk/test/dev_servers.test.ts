/** The documented set-ups for a development server on another port, run as they are documented. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { io } from "socket.io-client";
import { afterEach, expect, test } from "vitest";
import { everybodyLeaves, person } from "./harness/people.js";
import { SDK, exampleWith } from "./harness/readme.js";
import { freePort } from "../../testing/program.js";
import { Server } from "./harness/server.js";
import { until } from "./harness/until.js";

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  everybodyLeaves();
  for (const end of endings.splice(0).reverse()) await end();
});

/** A page of the development server's origin: as a browser there would, it says its origin. */
async function visitsBy(origin: string, server: Server): Promise<void> {
  const token = await server.token("ben", "patient");
  const me = await fetch(`${origin}/api/v1/me`, { headers: { authorization: `Bearer ${token}`, origin } });
  expect(me.status).toBe(200);
  for (const transport of ["websocket", "polling"]) {
    const socket = io(origin, {
      transports: [transport],
      extraHeaders: { origin },
      auth: { token },
      reconnection: false,
    });
    await new Promise((resolve, reject) => {
      socket.once("session:ready", resolve);
      socket.once("connect_error", reject);
    });
    socket.disconnect();
  }
  const { id } = await server.visit("anna", "ben");
  const ben = await person(server, "ben", "patient", { url: origin, token });
  ben.room(id).open();
  await until(ben.room(id).state, ({ isLive }) => isLive);
  expect((await ben.room(id).send("from a development server")).seq).toBe(1);
}

/** A program that runs until the test has ended. */
function running(command: string, args: string[], cwd: string, env: Record<string, string>): ChildProcess {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  endings.push(async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.kill()) await ended;
  });
  return child;
}

/** Until a program says this. */
function says(child: ChildProcess, words: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const look = (piece: Buffer): void => {
      said += piece.toString();
      if (words.test(said)) resolve();
    };
    child.stdout?.on("data", look);
    child.stderr?.on("data", look);
    child.once("exit", () => reject(new Error(`it ended:\n${said}`)));
  });
}

test("Vite passes on what is Bedside's, with the documented proxy", async () => {
  const server = await Server.start();
  endings.push(() => server.stop());
  const root = await mkdtemp(path.join(SDK, "test/.vite-"));
  endings.push(() => rm(root, { recursive: true }));
  await writeFile(path.join(root, "vite.config.ts"), await exampleWith('from "vite"'));
  await writeFile(path.join(root, "index.html"), "<!doctype html><p>A page in front of Bedside</p>");
  const port = await freePort();
  const program = path.join(SDK, "../node_modules/vite/bin/vite.js");
  const args = [program, "--host", "127.0.0.1", "--port", `${port}`, "--strictPort"];
  await says(running("node", args, root, { BEDSIDE_URL: server.url }), /ready in/);
  await visitsBy(`http://127.0.0.1:${port}`, server);
});

test(
  "Next.js passes on what is Bedside's, with the documented rewrite",
  async () => {
    const root = path.join(SDK, "test/next");
    await installed(root);
    const config = path.join(root, "next.config.mjs");
    await writeFile(config, await exampleWith("rewrites()"));
    endings.push(() => rm(config));
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const server = await Server.start({ set: { "server.allowed_origins": origin } });
    endings.push(() => server.stop());
    const args = ["node_modules/next/dist/bin/next", "dev", "--hostname", "127.0.0.1", "--port", `${port}`];
    await says(
      running("node", args, root, { BEDSIDE_URL: server.url, NEXT_TELEMETRY_DISABLED: "1" }),
      /Ready in/,
    );
    await visitsBy(origin, server);
  },
  // The first run installs Next.js, some 350 MB.
  300_000,
);

/**
 * Next.js is installed for this test alone, in the version that its package.json names. It has no lock file: one that is
 * written on one platform leaves out Next.js's compilers for others.
 */
async function installed(root: string): Promise<void> {
  const done = path.join(root, "node_modules/.package-lock.json");
  const written = async (file: string): Promise<number> =>
    existsSync(file) ? (await stat(file)).mtimeMs : 0;
  if ((await written(done)) >= (await written(path.join(root, "package.json")))) return;
  await promisify(execFile)("npm", ["install", "--no-package-lock", "--no-audit", "--no-fund"], {
    cwd: root,
  });
}
