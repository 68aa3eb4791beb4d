/** The words of the pages, in the language of whoever reads them. */
import type { ReactNode } from "react";
import { createContext, useContext, useEffect, useMemo, useRef, useState } from "react";
import { LANGUAGES, type Language, usePreferences } from "../preferences";
import { type Message, type Parameters, format } from "./format";
import type english from "./messages/en.json";

export type Key = keyof typeof english;
type Messages = Readonly<Record<Key, Message>>;

// One file is loaded: a patient on a phone need not wait for the other two.
const files: Record<Language, () => Promise<{ default: Messages }>> = {
  en: () => import("./messages/en.json"),
  es: () => import("./messages/es.json"),
  ar: () => import("./messages/ar.json"),
};

export interface Texts {
  language: Language;
  direction: "ltr" | "rtl";
  t(key: Key, parameters?: Parameters): string;
}

/** After how long a page without words is loaded again. */
const RETRY_MS = 5_000;

const TextsContext = createContext<Texts | null>(null);

export function useTexts(): Texts {
  const texts = useContext(TextsContext);
  if (!texts) throw new Error("useTexts needs a TextsProvider above it");
  return texts;
}

/** The first language of the browser that there is; English where there is none. */
export function browserLanguage(wanted: readonly string[] = navigator.languages): Language {
  for (const tag of wanted) {
    const found = LANGUAGES.find((language) => tag.toLowerCase().split("-")[0] === language);
    if (found) return found;
  }
  return "en";
}

export function TextsProvider({ children }: { children: ReactNode }) {
  const language = usePreferences().language ?? browserLanguage();
  const [loaded, setLoaded] = useState<{ language: Language; messages: Messages } | null>(null);

  const hasWords = useRef(false);

  useEffect(() => {
    let isCurrent = true;
    const take = (messages: Messages) => {
      if (!isCurrent) return;
      hasWords.current = true;
      setLoaded({ language, messages });
    };
    files[language]().then(
      (file) => take(file.default),
      // Offline at the wrong moment. Without words there is no page; where there are some, they stay.
      () => {
        if (isCurrent && !hasWords.current) setTimeout(() => window.location.reload(), RETRY_MS);
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [language]);

  const texts = useMemo<Texts | null>(() => {
    if (!loaded) return null;
    return {
      language: loaded.language,
      direction: loaded.language === "ar" ? "rtl" : "ltr",
      t: (key, parameters) => format(loaded.messages[key], loaded.language, parameters),
    };
  }, [loaded]);

  useEffect(() => {
    if (!texts) return;
    document.documentElement.lang = texts.language;
    document.documentElement.dir = texts.direction;
  }, [texts]);

  return texts && <TextsContext value={texts}>{children}</TextsContext>;
}
