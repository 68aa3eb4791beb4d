/** Firefox, by WebDriver BiDi. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer, { type ElementHandle, type Page } from "puppeteer-core";
import {
  type AriaRole,
  type Browser,
  type Found,
  PATIENCE_MS,
  type ProfileTerms,
  START_MS,
  type Tab,
} from "./browser.js";

const FIREFOX = process.env["FIREFOX"] ?? "/usr/bin/firefox-esr";

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
    profile: async ({ before = [], size, language, theme }: ProfileTerms = {}) => {
      if (language !== undefined || theme) throw new Error("these tests look at languages and themes in Chromium");
      const context = await browser.createBrowserContext();
      return {
        tab: async () => {
          const page = await context.newPage();
          await page.evaluateOnNewDocument(drawScreen);
          for (const script of before) await page.evaluateOnNewDocument(script);
          if (size) await page.setViewport(size);
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
  // The empty page that a tab begins with has no devices.
  if (!("mediaDevices" in navigator)) return;
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

/** Between two looks at a page. */
const LOOK_MS = 50;

class FirefoxTab implements Tab {
  readonly complaints: string[] = [];
  readonly #page: Page;

  constructor(page: Page) {
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
    return patiently(`until ${inside.toString()}`, () => this.run(inside as never, argument as never) as Promise<T>);
  }

  comesToFront(): Promise<void> {
    return this.#page.bringToFront();
  }

  find(role: AriaRole, name: string): Found {
    return new FirefoxFound(this.#page, role, name);
  }

  async reads(text: string): Promise<void> {
    await this.until((text) => document.body.innerText.includes(text), text);
  }

  async script(source: string): Promise<void> {
    await this.#page.evaluate(source);
  }

  async picture(): Promise<Buffer> {
    return Buffer.from(await this.#page.screenshot());
  }

  close(): Promise<void> {
    return this.#page.close();
  }
}

/** By the tree that Firefox gives to screen readers. */
class FirefoxFound implements Found {
  readonly #page: Page;
  readonly #selector: string;

  constructor(page: Page, role: AriaRole, name: string) {
    this.#page = page;
    this.#selector = `::-p-aria([name="${name}"][role="${role}"])`;
  }

  async press(): Promise<void> {
    const element = await this.#element();
    await element.click();
  }

  async fill(text: string): Promise<void> {
    const element = await this.#element();
    await element.evaluate((field) => (field as HTMLInputElement).select());
    await element.type(text);
  }

  async choose(value: string): Promise<void> {
    const element = await this.#element();
    await element.select(value);
  }

  async value(): Promise<string> {
    const element = await this.#element();
    return element.evaluate((field) => (field as HTMLInputElement).value);
  }

  async isSeen(): Promise<void> {
    await this.#element();
  }

  async isGone(): Promise<void> {
    await patiently(`${this.#selector} is gone`, async () => (await this.#seen()) === null);
  }

  #element(): Promise<ElementHandle> {
    return patiently(this.#selector, () => this.#seen()) as Promise<ElementHandle>;
  }

  async #seen(): Promise<ElementHandle | null> {
    for (const element of await this.#page.$$(this.#selector)) if (await element.isVisible()) return element;
    return null;
  }
}

/** Look again and again until there is something. A page that goes away meanwhile is looked at when it is back. */
async function patiently<T>(what: string, look: () => Promise<T>): Promise<T> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look().catch(() => null);
    if (found) return found;
    if (Date.now() > until) throw new Error(`there was never ${what}`);
    await new Promise((resume) => setTimeout(resume, LOOK_MS));
  }
}
