/**
 * Real browsers with made-up cameras, behind one face: Chromium by Playwright, Firefox by WebDriver BiDi. Both come from
 * the system's packages.
 */
export { chromium } from "./chromium.js";
export { firefox } from "./firefox.js";

/** A browser may take so long to start on a machine that is busy. */
export const START_MS = 60_000;
export const PATIENCE_MS = 40_000;

export type BrowserName = "chromium" | "firefox";

/** A browser. Each profile is like another person's computer. */
export interface Browser {
  readonly name: BrowserName;
  profile(terms?: ProfileTerms): Promise<Profile>;
  close(): Promise<void>;
}

/** What somebody's computer is like. */
export interface ProfileTerms {
  /** They run in every page before the page's own scripts. */
  readonly before?: readonly (() => void)[];
  readonly size?: Size;
  /** As browsers send it to servers: `es-ES`. */
  readonly language?: string;
  readonly theme?: "light" | "dark";
}

export interface Size {
  readonly width: number;
  readonly height: number;
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
  /** Wait until it gives something true; that is the result. Looks again many times a second. */
  until<T>(inside: () => T): Promise<T>;
  until<A, T>(inside: (argument: A) => T, argument: A): Promise<T>;
  /** The person turns to this tab: Firefox gives cameras only to pages that are looked at. */
  comesToFront(): Promise<void>;
  /** What a screen reader calls so. */
  find(role: AriaRole, name: string): Found;
  /** Wait until these words can be read on the page. */
  reads(text: string): Promise<void>;
  /** Run a script as a developer's tools do: the page's policy has no say in it. */
  script(source: string): Promise<void>;
  /** A picture of what is seen, as PNG. */
  picture(): Promise<Buffer>;
  /** What the page complained of. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export type AriaRole =
  | "button"
  | "checkbox"
  | "combobox"
  | "heading"
  | "link"
  | "menuitem"
  | "region"
  | "slider"
  | "textbox";

/** Something on a page, by role and name. Each verb waits until it is there. */
export interface Found {
  press(): Promise<void>;
  fill(text: string): Promise<void>;
  choose(value: string): Promise<void>;
  value(): Promise<string>;
  isSeen(): Promise<void>;
  isGone(): Promise<void>;
}
