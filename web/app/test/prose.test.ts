import { describe, expect, test } from "vitest";
import { pieces } from "../src/ui/prose";

const links = (content: string) => pieces(content).flatMap(({ href }) => (href === undefined ? [] : [href]));

describe("what people write", () => {
  test("keeps every character, whatever becomes a link", () => {
    const content =
      "See https://example.org/a?b=c#d, or (http://example.org). <img src=x onerror=alert(1)> & javascript:alert(1)";
    expect(
      pieces(content)
        .map(({ text }) => text)
        .join(""),
    ).toBe(content);
  });

  test.each([
    ["https://example.org/a", "https://example.org/a"],
    ["HTTP://EXAMPLE.ORG", "http://example.org/"],
    ["at https://example.org/a.", "https://example.org/a"],
    ["(https://example.org/a)", "https://example.org/a"],
  ])("links to the address in %j", (content, href) => {
    expect(links(content)).toEqual([href]);
  });

  test.each([
    "javascript:alert(1)",
    "data:text/html,hello",
    "ftp://example.org",
    "example.org",
    "https://",
    "https://bank.example@evil.example/",
    "xhttps://example.org",
  ])("does not link to %j", (content) => {
    expect(links(content)).toEqual([]);
  });
});
