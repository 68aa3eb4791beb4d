import { expect, test } from "vitest";
import { KEYS, VERBS, verbOf } from "../src/visit/shortcuts";

const key = (code: string, key: string, more = {}) => ({
  code,
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...more,
});

test("no two verbs share a key", () => {
  expect(new Set(VERBS.map((verb) => KEYS[verb].shown)).size).toBe(VERBS.length);
});

test("a key means the same on a keyboard of another script", () => {
  expect(verbOf(key("KeyM", "m"))).toBe("microphone");
  expect(verbOf(key("KeyM", "ة"))).toBe("microphone");
});

test("the question mark of both scripts asks for help", () => {
  expect(verbOf(key("Slash", "?"))).toBe("shortcuts");
  expect(verbOf(key("Slash", "؟"))).toBe("shortcuts");
});

test("keys that belong to the browser are left to it", () => {
  expect(verbOf(key("KeyL", "l", { ctrlKey: true }))).toBeNull();
  expect(verbOf(key("KeyF", "f", { metaKey: true }))).toBeNull();
});
