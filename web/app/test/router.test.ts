import { expect, test } from "vitest";
import { paths, placeOf } from "../src/router";

test.each([
  ["/", "", { page: "home", tab: "today" }],
  ["/", "?list=past", { page: "home", tab: "past" }],
  ["/", "?list=else", { page: "home", tab: "today" }],
  ["/join", "", { page: "join" }],
  ["/login", "", { page: "login" }],
  ["/check", "", { page: "check" }],
  ["/visit/a%2Fb", "", { page: "visit", id: "a/b" }],
  ["/conversations", "", { page: "conversations" }],
  ["/conversations/1", "", { page: "conversation", id: "1" }],
  ["/past/1", "", { page: "past", id: "1" }],
  ["/visit", "", { page: "nowhere" }],
  ["/visit/1/2", "", { page: "nowhere" }],
  ["/visit/%E0%A4%A", "", { page: "nowhere" }],
  ["/else", "", { page: "nowhere" }],
])("%s%s is a place", (pathname, search, place) => {
  expect(placeOf(pathname, search)).toEqual(place);
});

test("an id of any characters comes back from its path", () => {
  const id = "patient:1/2?3#4 ü";
  expect(placeOf(paths.visit(id))).toEqual({ page: "visit", id });
});
