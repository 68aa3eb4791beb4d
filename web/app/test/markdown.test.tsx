/** What a machine writes may be meant to do harm: it stays words. */
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { Markdown } from "../src/assistant/markdown";

function page(text: string): HTMLElement {
  const root = document.createElement("div");
  root.innerHTML = renderToStaticMarkup(<Markdown>{text}</Markdown>);
  return root;
}

/** Every element that there may be, and every attribute. */
const ELEMENTS =
  "div,p,ul,ol,li,blockquote,table,thead,tbody,tr,th,td,strong,em,s,a,span,code,pre,br,hr".split(",");
const ATTRIBUTES = ["class", "dir", "start", "href", "target", "rel"];

describe("markdown", () => {
  test.each([
    `<script>alert(1)</script>`,
    `<img src=x onerror=alert(1)>`,
    `<svg/onload=alert(1)>`,
    `<iframe srcdoc="<script>alert(1)</script>"></iframe>`,
    `<a href="javascript:alert(1)">x</a>`,
    `[x](javascript:alert(1))`,
    `[x](JaVaScRiPt&colon;alert(1))`,
    `[x](data:text/html;base64,PHNjcmlwdD4=)`,
    `[x](vbscript:msgbox)`,
    `[x](//evil.example)`,
    `[x](file:///etc/passwd)`,
    `[x](https://bank.example@evil.example/)`,
    `[x]: javascript:alert(1)\n\n[x]`,
    `<javascript:alert(1)>`,
    `![x](https://evil.example/p.png)`,
    `![x](x" onerror="alert(1))`,
    `[![x](https://evil.example/p.png)](https://a.example)`,
    `[x](https://a.example "t\\" onmouseover=alert(1) \\"")`,
    '```"><script>alert(1)</script>\ncode\n```',
    `| a <img src=x onerror=alert(1)> |\n|:-:|\n| <b style="x">b</b> |`,
    `${"> ".repeat(500)}deep`,
    `${"[".repeat(5_000)}x`,
    `${"*a_".repeat(5_000)}`,
  ])("keeps %j harmless", (text) => {
    const root = page(text);
    for (const element of root.querySelectorAll("*")) {
      expect(ELEMENTS).toContain(element.localName);
      for (const { name } of element.attributes) expect(ATTRIBUTES).toContain(name);
      if (element.localName !== "a") continue;
      expect(element.getAttribute("href")).toMatch(/^https?:\/\/[^@]*$/);
      expect(element.getAttribute("rel")).toBe("noopener noreferrer");
    }
  });

  test("shows markup of other kinds as it was written", () => {
    expect(page("a <b>bold</b> word").textContent).toBe("a <b>bold</b> word");
  });

  test("shows lists, marks, code, tables and links, and says where a link leads", () => {
    const root = page(
      "1. *one*\n2. **two**\n\n`code`\n\n| a |\n|---|\n| b |\n\n[bank](https://evil.example/a)",
    );
    expect(root.querySelectorAll("ol li")).toHaveLength(2);
    expect(root.querySelector("strong")?.textContent).toBe("two");
    expect(root.querySelector("td")?.textContent).toBe("b");
    expect(root.querySelector("a")?.getAttribute("href")).toBe("https://evil.example/a");
    expect(root.textContent).toContain("(evil.example)");
  });
});
