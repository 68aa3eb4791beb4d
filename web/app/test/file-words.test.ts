import { expect, test } from "vitest";
import { lengthOfTime } from "../src/texts/time";
import { isPreviewed, kindInWords, sizeInWords } from "../src/visit/files/words";

test("sizes are said in the unit that people would use", () => {
  expect(sizeInWords(0, "en")).toBe("0 byte");
  expect(sizeInWords(999, "en")).toBe("999 byte");
  expect(sizeInWords(1_240, "en")).toBe("1.2 kB");
  expect(sizeInWords(20_971_520, "es")).toBe("21 MB");
});

test("a kind is called by the end of the name, or else by its type", () => {
  expect(kindInWords("findings.final.pdf", "application/pdf")).toBe("PDF");
  expect(kindInWords("note", "text/plain; charset=utf-8")).toBe("PLAIN");
});

test("large pictures and pictures that could run scripts are not shown by themselves", () => {
  expect(isPreviewed({ contentType: "image/png", bytes: 10_000 })).toBe(true);
  expect(isPreviewed({ contentType: "image/png", bytes: 50_000_000 })).toBe(false);
  expect(isPreviewed({ contentType: "image/svg+xml", bytes: 10_000 })).toBe(false);
});

test("lengths of time are counted as clocks count them", () => {
  expect([0, 65_000, 3_725_000, -5].map(lengthOfTime)).toEqual(["0:00", "1:05", "1:02:05", "0:00"]);
});
