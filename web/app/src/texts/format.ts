/** Messages with placeholders and plurals. Pure. */

/** Either one text, or one for each plural category of the language; `{count}` decides. `zero` is for none in every language. */
export type Message = string | { readonly [category in Intl.LDMLPluralRule]?: string };
export type Parameters = Readonly<Record<string, string | number>>;

const PLACEHOLDER = /\{([a-zA-Z]+)\}/g;
// Isolates keep a name in one script from turning the sentence around it, in a language of the other direction.
const ISOLATE = "\u2068";
const POP_ISOLATE = "\u2069";

export function placeholders(message: Message): string[] {
  const text = typeof message === "string" ? message : (message.other ?? "");
  return [...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? "").sort();
}

export function format(message: Message, language: string, parameters: Parameters = {}): string {
  return pick(message, language, parameters).replace(PLACEHOLDER, (whole, name: string) => {
    const value = parameters[name];
    if (value === undefined) return whole;
    if (typeof value === "number") return new Intl.NumberFormat(language).format(value);
    return ISOLATE + value + POP_ISOLATE;
  });
}

function pick(message: Message, language: string, parameters: Parameters): string {
  if (typeof message === "string") return message;
  const count = parameters["count"];
  if (typeof count !== "number") return message.other ?? "";
  if (count === 0 && message.zero !== undefined) return message.zero;
  return message[new Intl.PluralRules(language).select(count)] ?? message.other ?? "";
}
