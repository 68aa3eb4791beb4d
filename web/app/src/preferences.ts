/** What one has chosen on this device: language, theme, sound, single-key shortcuts. */
import { keep, readJson } from "./keep";
import { createStore, useReadable } from "./store";

export const LANGUAGES = ["en", "es", "ar"] as const;
export type Language = (typeof LANGUAGES)[number];
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export interface Preferences {
  /** Null: as the browser has it. */
  language: Language | null;
  theme: Theme;
  sound: boolean;
  shortcuts: boolean;
}

const KEY = "bedside.preferences";
const UNTOUCHED: Preferences = { language: null, theme: "system", sound: true, shortcuts: true };

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

function load(): Preferences {
  const kept = readJson("device", KEY, isRecord) ?? {};
  return {
    language: LANGUAGES.find((language) => language === kept["language"]) ?? UNTOUCHED.language,
    theme: THEMES.find((theme) => theme === kept["theme"]) ?? UNTOUCHED.theme,
    sound: typeof kept["sound"] === "boolean" ? kept["sound"] : UNTOUCHED.sound,
    shortcuts: typeof kept["shortcuts"] === "boolean" ? kept["shortcuts"] : UNTOUCHED.shortcuts,
  };
}

export const preferences = createStore(load());

export function prefer(change: Partial<Preferences>): void {
  const next = { ...preferences.get(), ...change };
  keep("device", KEY, JSON.stringify(next));
  preferences.set(next);
}

export const usePreferences = (): Preferences => useReadable(preferences);

/** The theme stands on the root element, where the style sheet looks for it. */
export function applyTheme(): void {
  const apply = () => {
    const { theme } = preferences.get();
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  };
  apply();
  preferences.subscribe(apply);
}
