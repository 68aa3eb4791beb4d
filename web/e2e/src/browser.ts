/**
 * Real browsers with made-up cameras, behind one face: Chromium by Playwright, Firefox by WebDriver BiDi. Both come from
 * the system's packages.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Page as ChromiumPage, type BrowserContext, chromium as playwright } from "playwright-core";
import puppeteer, { type JSHandle, type Page as FirefoxPage } from "puppeteer-core";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const FIREFOX = process.env["FIREFOX"] ?? "/usr/bin/firefox-esr";
const START_MS = 60_000;
export const PATIENCE_MS = 40_000;

const CHROMIUM_ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // The second of three made-up cameras sees depth, which no call carries.
  "--use-fake-device-for-media-stream=device-count=3,fps=15",
  "--allow-loopback-in-peer-connection",
  // Pages behind others are as good as the one in front.
  "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding",
];

const FIREFOX_PREFERENCES = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.autoplay.default": 0,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "media.peerconnection.ice.loopback": true,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "app.update.auto": false,
  "browser.safebrowsing.downloads.remote.enabled": false,
  "toolkit.telemetry.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "media.gmp-manager.updateEnabled": false,
  "services.settings.server": "http://localhost:1/",
  "extensions.getAddons.cache.enabled": false,
};

export type BrowserName = "chromium" | "firefox";

/** A browser. Each profile is like another person's computer. */
export interface Browser {
  readonly name: BrowserName;
  profile(): Promise<Profile>;
  close(): Promise<void>;
}

/** A person's browser: tabs of one profile share what is stored. */
export interface Profile {
  tab(): Promise<Tab>;
  /** A tab made of another one, as a person duplicates it: what it has stored for itself is copied. */
  duplicate(tab: Tab): Promise<Tab>;
  /** Take the network away, or give it back. Connections between browsers on one machine stay. */
  setOffline(isOffline: boolean): Promise<void>;
  close(): Promise<void>;
}

/** One page. Functions run inside of it, and what they take and give is copied. */
export interface Tab {
  open(url: string): Promise<void>;
  reload(): Promise<void>;
  run<T>(inside: () => T | Promise<T>): Promise<T>;
  run<A, T>(inside: (argument: A) => T | Promise<T>, argument: A): Promise<T>;
  /** Wait until it gives something true; that is the result. Looks again with each frame of the page. */
  until<T>(inside: () => T): Promise<T>;
  until<A, T>(inside: (argument: A) => T, argument: A): Promise<T>;
  /** The person turns to this tab: Firefox gives cameras only to pages that are looked at. */
  comesToFront(): Promise<void>;
  /** What the page complained of. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** `refuses`: its people say no when they are asked for camera and microphone. */
export async function chromium({ refuses = false } = {}): Promise<Browser> {
  const answer = refuses ? "--use-fake-ui-for-media-stream=deny" : "--use-fake-ui-for-media-stream";
  const browser = await playwright.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: [...CHROMIUM_ARGUMENTS, answer],
    timeout: START_MS,
  });
  return {
    name: "chromium",
    profile: async () => new ChromiumProfile(await browser.newContext()),
    close: () => browser.close(),
  };
}

export async function firefox(): Promise<Browser> {
  // Firefox wants a home that it can write to.
  const home = await mkdtemp(join(tmpdir(), "bedside-firefox-"));
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: FIREFOX,
    headless: true,
    protocolTimeout: START_MS,
    timeout: START_MS,
    env: { ...process.env, HOME: home },
    extraPrefsFirefox: FIREFOX_PREFERENCES,
  });
  return {
    name: "firefox",
    profile: async () => {
      const context = await browser.createBrowserContext();
      return {
        tab: async () => {
          const page = await context.newPage();
          await page.evaluateOnNewDocument(drawScreen);
          return new FirefoxTab(page);
        },
        duplicate: () => Promise.reject(new Error("these tests duplicate tabs in Chromium")),
        setOffline: () => Promise.reject(new Error("Firefox is not taken off the network by these tests")),
        close: () => context.close(),
      };
    },
    close: async () => {
      await browser.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Firefox has no screen to share where there is none, and makes none up: its pages draw one. */
function drawScreen(): void {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [640, 360];
  let frame = 0;
  navigator.mediaDevices.getDisplayMedia = () => {
    const context = canvas.getContext("2d");
    const timer = setInterval(() => {
      frame += 1;
      if (context) context.fillStyle = `hsl(${frame % 360} 80% 50%)`;
      context?.fillRect(0, 0, canvas.width, canvas.height);
    }, 100);
    const stream = canvas.captureStream(10);
    stream.getVideoTracks()[0]?.addEventListener("ended", () => clearInterval(timer));
    return Promise.resolve(stream);
  };
}

class ChromiumProfile implements Profile {
  readonly #context: BrowserContext;

  constructor(context: BrowserContext) {
    this.#context = context;
    context.setDefaultTimeout(PATIENCE_MS);
  }

  async tab(): Promise<Tab> {
    return new ChromiumTab(await this.#context.newPage());
  }

  async duplicate(tab: Tab): Promise<Tab> {
    const opened = this.#context.waitForEvent("page");
    await tab.run(() => void window.open(location.href));
    return new ChromiumTab(await opened);
  }

  setOffline(isOffline: boolean): Promise<void> {
    return this.#context.setOffline(isOffline);
  }

  close(): Promise<void> {
    return this.#context.close();
  }
}

class ChromiumTab implements Tab {
  readonly complaints: string[] = [];
  readonly #page: ChromiumPage;

  constructor(page: ChromiumPage) {
    this.#page = page;
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "warning" || message.type() === "error") this.complaints.push(message.text());
    });
  }

  async open(url: string): Promise<void> {
    await this.#page.goto(url);
  }

  async reload(): Promise<void> {
    await this.#page.reload({ waitUntil: "commit" });
  }

  run<A, T>(inside: (argument: A) => T | Promise<T>, argument?: A): Promise<T> {
    return this.#page.evaluate(inside as never, argument as never);
  }

  async until<A, T>(inside: (argument: A) => T, argument?: A): Promise<T> {
    const handle = await this.#page.waitForFunction(inside as never, argument as never, { timeout: PATIENCE_MS });
    return (await handle.jsonValue()) as T;
  }

  comesToFront(): Promise<void> {
    return this.#page.bringToFront();
  }

  close(): Promise<void> {
    return this.#page.close();
  }
}

class FirefoxTab implements Tab {
  readonly complaints: string[] = [];
  readonly #page: FirefoxPage;

  constructor(page: FirefoxPage) {
    this.#page = page;
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "warn" || message.type() === "error") this.complaints.push(message.text());
    });
  }

  async open(url: string): Promise<void> {
    await this.#page.goto(url, { timeout: PATIENCE_MS });
  }

  async reload(): Promise<void> {
    await this.#page.reload({ timeout: PATIENCE_MS, waitUntil: "domcontentloaded" });
  }

  run<A, T>(inside: (argument: A) => T | Promise<T>, argument?: A): Promise<T> {
    return this.#page.evaluate(inside as never, argument as never) as Promise<T>;
  }

  async until<A, T>(inside: (argument: A) => T, argument?: A): Promise<T> {
    const options = { timeout: PATIENCE_MS, polling: 50 };
    const handle: JSHandle = await this.#page.waitForFunction(inside as never, options, argument as never);
    return (await handle.jsonValue()) as T;
  }

  comesToFront(): Promise<void> {
    return this.#page.bringToFront();
  }

  close(): Promise<void> {
    return this.#page.close();
  }
}
