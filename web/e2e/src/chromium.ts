/** Chromium, by Playwright. */
import { type Locator, type Page, type BrowserContext, chromium as playwright } from "playwright-core";
import {
  type AriaRole,
  type Browser,
  type Found,
  PATIENCE_MS,
  type Profile,
  type ProfileTerms,
  START_MS,
  type Tab,
} from "./browser.js";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

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
    profile: async ({ before = [], size, language, theme }: ProfileTerms = {}) => {
      const context = await browser.newContext({
        // Firefox asks nobody before a page writes to the clipboard; nor does Chromium where there is a window.
        permissions: refuses ? [] : ["camera", "microphone", "clipboard-read", "clipboard-write"],
        ...(size && { viewport: size }),
        ...(language !== undefined && { locale: language }),
        ...(theme && { colorScheme: theme }),
      });
      for (const script of before) await context.addInitScript(script);
      return new ChromiumProfile(context);
    },
    close: () => browser.close(),
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
  readonly #page: Page;

  constructor(page: Page) {
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

  find(role: AriaRole, name: string): Found {
    return new ChromiumFound(this.#page.getByRole(role, { name, exact: true }).first());
  }

  async reads(text: string): Promise<void> {
    await this.#page.getByText(text).first().waitFor();
  }

  async script(source: string): Promise<void> {
    await this.#page.evaluate(source);
  }

  picture(): Promise<Buffer> {
    return this.#page.screenshot({ animations: "disabled" });
  }

  close(): Promise<void> {
    return this.#page.close();
  }
}

class ChromiumFound implements Found {
  readonly #locator: Locator;

  constructor(locator: Locator) {
    this.#locator = locator;
  }

  press(): Promise<void> {
    return this.#locator.click();
  }

  fill(text: string): Promise<void> {
    return this.#locator.fill(text);
  }

  async choose(value: string): Promise<void> {
    await this.#locator.selectOption(value);
  }

  value(): Promise<string> {
    return this.#locator.inputValue();
  }

  isSeen(): Promise<void> {
    return this.#locator.waitFor();
  }

  isGone(): Promise<void> {
    return this.#locator.waitFor({ state: "hidden" });
  }
}

