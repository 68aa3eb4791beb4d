import { describe, expect, test } from "vitest";
import { LANGUAGES } from "../src/preferences";
import { type Message, format, placeholders } from "../src/texts/format";
import ar from "../src/texts/messages/ar.json";
import en from "../src/texts/messages/en.json";
import es from "../src/texts/messages/es.json";

const files: Record<(typeof LANGUAGES)[number], Record<string, Message>> = { en, es, ar };

/** The plural categories that whole numbers of everyday size have in a language. */
function everydayCategories(language: string): Intl.LDMLPluralRule[] {
  const rules = new Intl.PluralRules(language);
  return [...new Set(Array.from({ length: 201 }, (_, count) => rules.select(count)))];
}

describe.each(LANGUAGES)("the messages in %s", (language) => {
  const messages = files[language];

  test("have the keys that the English ones have, in alphabetical order", () => {
    expect(Object.keys(messages)).toEqual(Object.keys(en).sort());
  });

  test("have the placeholders that the English ones have", () => {
    for (const [key, message] of Object.entries(messages)) {
      expect([key, placeholders(message)]).toEqual([
        key,
        placeholders((en as Record<string, Message>)[key] ?? ""),
      ]);
    }
  });

  test("have a text for each plural category", () => {
    for (const [key, message] of Object.entries(messages)) {
      if (typeof message === "string") continue;
      expect([key, Object.keys(message)]).toEqual([
        key,
        expect.arrayContaining(everydayCategories(language)),
      ]);
    }
  });

  test("are not empty", () => {
    const texts = Object.values(messages).flatMap((message) =>
      typeof message === "string" ? [message] : Object.values(message),
    );
    expect(texts.filter((text) => text.trim() === "")).toEqual([]);
  });
});

describe("a message", () => {
  test("takes a name as it is and keeps it from turning the sentence round", () => {
    expect(format("Hello {name}", "en", { name: "<b>سميرة</b>" })).toBe("Hello \u2068<b>سميرة</b>\u2069");
  });

  test("writes numbers as the language does", () => {
    expect(format("{count}", "es", { count: 12_345 })).toBe("12.345");
  });

  test("says none with its own words where it has some", () => {
    const message = { zero: "none", one: "{count} day", other: "{count} days" };
    expect([0, 1, 2].map((count) => format(message, "en", { count }))).toEqual(["none", "1 day", "2 days"]);
  });

  test("counts in Arabic by its six categories", () => {
    const counts = [0, 1, 2, 3, 11, 100];
    const texts = counts.map((count) => format(ar["past.minutes"], "ar", { count }));
    expect(new Set(texts).size).toBe(counts.length);
  });
});
