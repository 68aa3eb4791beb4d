import { expect, test } from "vitest";
import { CandidateShelf, MOST_CANDIDATES, fits } from "../src/call/candidate.js";
import type { IceCandidate } from "../src/generated/events.js";

const candidate = (fragment: string | null, port = 9): IceCandidate => ({
  candidate: `candidate:1 1 udp 1 192.0.2.7 ${port} typ host`,
  sdpMid: "0",
  usernameFragment: fragment,
});
const generation = (...fragments: string[]): ReadonlySet<string> => new Set(fragments);

test("a candidate fits the generation that it names, in its field or in its line", () => {
  expect(fits(candidate("new"), generation("new"))).toBe(true);
  expect(fits(candidate("old"), generation("new"))).toBe(false);
  const named = { candidate: "candidate:1 1 udp 1 192.0.2.7 9 typ host generation 0 ufrag old network-id 1" };
  expect(fits(named, generation("old"))).toBe(true);
  expect(fits(named, generation("new"))).toBe(false);
});

test("a candidate that names no generation fits where there is any", () => {
  expect(fits(candidate(null), generation("any"))).toBe(true);
  expect(fits(candidate(null), generation())).toBe(false);
});

test("candidates wait for their description, and come out in order", () => {
  const shelf = new CandidateShelf();
  shelf.put(candidate("a", 1), 5);
  shelf.put(candidate("a", 2), 5);
  expect(shelf.take(generation("a"), 5)).toEqual([candidate("a", 1), candidate("a", 2)]);
  expect(shelf.take(generation("a"), 5)).toEqual([]);
});

test("candidates of a later offer stay, those of an older one are dropped", () => {
  const shelf = new CandidateShelf();
  shelf.put(candidate("old"), 4);
  shelf.put(candidate("later"), 6);
  shelf.put(candidate("unnumbered"), null);
  expect(shelf.take(generation("now"), 5)).toEqual([]);
  expect(shelf.take(generation("old", "unnumbered"), 5)).toEqual([]);
  expect(shelf.take(generation("later"), 6)).toEqual([candidate("later")]);
});

test("a flood of candidates is bounded", () => {
  const shelf = new CandidateShelf();
  for (let port = 0; port < 3 * MOST_CANDIDATES; port += 1) shelf.put(candidate("a", port), 1);
  const taken = shelf.take(generation("a"), 1);
  expect(taken).toHaveLength(MOST_CANDIDATES);
  expect(taken.at(-1)).toEqual(candidate("a", 3 * MOST_CANDIDATES - 1));
});
