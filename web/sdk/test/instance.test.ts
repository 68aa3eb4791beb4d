/** A page keeps its id over a reload, and no two pages have the same. */
import { afterEach, expect, test } from "vitest";
import { type Claim, type Tab, claimInstance } from "../src/instance.js";
import { MemoryStorage } from "./harness/people.js";

const claims: Claim[] = [];
afterEach(() => claims.splice(0).forEach((claim) => claim.release()));

/** A tab in a browser without Web Locks: the tabs ask each other by BroadcastChannel, which Node has too. */
function tab(session = new MemoryStorage()): Tab & { session: MemoryStorage } {
  return { session, locks: null };
}

/** What a browser does when a tab is duplicated. */
function duplicate({ session }: { session: MemoryStorage }): ReturnType<typeof tab> {
  const copy = new MemoryStorage();
  for (let index = 0; index < session.length; index += 1) {
    const key = session.key(index) ?? "";
    copy.setItem(key, session.getItem(key) ?? "");
  }
  return tab(copy);
}

async function claim(of: Tab): Promise<Claim> {
  const claimed = await claimInstance(of);
  claims.push(claimed);
  return claimed;
}

test("a reloaded page has the id that it had before", async () => {
  const page = tab();
  const before = await claim(page);
  before.release();
  expect((await claim(page)).id).toBe(before.id);
});

test("a duplicated tab gets an id of its own, and keeps it over its reload", async () => {
  const original = tab();
  const first = await claim(original);
  const copy = duplicate(original);
  const second = await claim(copy);
  expect(second.id).not.toBe(first.id);
  second.release();
  expect((await claim(copy)).id).toBe(second.id);
});

test("of two that begin with the same id at the same moment only one keeps it", async () => {
  const original = tab();
  const before = await claim(original);
  before.release();
  const ids = await Promise.all([original, duplicate(original)].map(async (page) => (await claim(page)).id));
  expect(new Set(ids).size).toBe(2);
  expect(ids).toContain(before.id);
});
