/** Whatever becomes of its pieces on the way, the text of an answer comes out whole. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type AnswerText,
  NO_TEXT,
  attached,
  attaching,
  heard,
  isBehind,
  unattached,
} from "../src/assistant/text.js";

const PIECES = Array.from({ length: 40 }, (_, index) => `${index} `);
const whole = PIECES.join("");

/** What happens to a reader between two pieces that the server writes. */
const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("piece" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("lost" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("twice" as const), back: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("ask" as const), isAll: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("answered" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("unanswered" as const) }) },
);

test("an answer is whole in the end, though pieces are lost and doubled and it is asked for at any time", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 300 }), (events) => {
      let text: AnswerText = NO_TEXT;
      let written = 0;
      let given: { content: string; fromIndex: number; index: number } | null = null;
      const ask = (isAll: boolean): void => {
        const fromIndex = isAll ? 0 : text.index;
        text = attaching(text);
        given = { fromIndex, index: written, content: PIECES.slice(fromIndex, written).join("") };
      };
      const answered = (): void => {
        if (given) text = attached(text, given);
        given = null;
      };
      for (const now of events) {
        if (now.kind === "piece" && written < PIECES.length) {
          text = heard(text, written, PIECES[written] ?? "");
          written += 1;
        } else if (now.kind === "lost" && written < PIECES.length) written += 1;
        else if (now.kind === "twice") {
          const index = Math.max(0, written - 1 - now.back);
          if (written > 0) text = heard(text, index, PIECES[index] ?? "");
        } else if (now.kind === "ask" && !text.isAttaching) ask(now.isAll);
        else if (now.kind === "answered") answered();
        else if (now.kind === "unanswered" && text.isAttaching) {
          given = null;
          text = unattached(text);
        }
        expect(whole.startsWith(text.content)).toBe(true);
        expect(text.content).toBe(PIECES.slice(0, text.index).join(""));
      }
      answered();
      for (; written < PIECES.length; written += 1) text = heard(text, written, PIECES[written] ?? "");
      if (text.isAttaching) text = unattached(text);
      if (text.index < PIECES.length) {
        ask(false);
        answered();
      }
      expect(text.content).toBe(whole);
      expect(isBehind(text)).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

test("a piece that came too early says that something is missing, and is not lost", () => {
  const early = heard(heard(NO_TEXT, 0, "a"), 2, "c");
  expect([early.content, isBehind(early)]).toEqual(["a", true]);
  expect(heard(early, 1, "b").content).toBe("abc");
});
