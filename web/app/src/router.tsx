/** Where one is. Eight kinds of path need no library: the address is the only state, the history its owner. */
import type { AnchorHTMLAttributes, MouseEvent, ReactNode } from "react";
import { useSyncExternalStore } from "react";

export type Place =
  | { page: "home"; tab: HomeTab }
  | { page: "join" }
  | { page: "login" }
  | { page: "check" }
  | { page: "visit"; id: string }
  | { page: "past"; id: string }
  | { page: "conversations" }
  | { page: "conversation"; id: string }
  | { page: "nowhere" };

export const HOME_TABS = ["today", "upcoming", "past"] as const;
export type HomeTab = (typeof HOME_TABS)[number];

export function placeOf(pathname: string, search = ""): Place {
  const [first = "", second = "", ...more] = pathname.split("/").slice(1);
  if (more.length > 0) return { page: "nowhere" };
  if (second !== "") {
    const id = decoded(second);
    if (first === "visit" && id !== null) return { page: "visit", id };
    if (first === "past" && id !== null) return { page: "past", id };
    if (first === "conversations" && id !== null) return { page: "conversation", id };
    return { page: "nowhere" };
  }
  switch (first) {
    case "": {
      const asked = new URLSearchParams(search).get("list");
      return { page: "home", tab: HOME_TABS.find((tab) => tab === asked) ?? "today" };
    }
    case "join":
    case "login":
    case "check":
    case "conversations":
      return { page: first };
    default:
      return { page: "nowhere" };
  }
}

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

export const paths = {
  home: (tab?: HomeTab) => (tab && tab !== "today" ? `/?list=${tab}` : "/"),
  /** `to` is where one wanted to go. */
  login: (to?: Place) =>
    to && "id" in to ? `/login?to=${encodeURIComponent(paths[to.page](to.id))}` : "/login",
  check: () => "/check",
  visit: (id: string) => `/visit/${encodeURIComponent(id)}`,
  past: (id: string) => `/past/${encodeURIComponent(id)}`,
  conversations: () => "/conversations",
  conversation: (id: string) => `/conversations/${encodeURIComponent(id)}`,
};

const listeners = new Set<() => void>();
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
};
const address = () => window.location.pathname + window.location.search;

export function usePlace(): Place {
  const [pathname = "/", search = ""] = useSyncExternalStore(subscribe, address).split("?");
  return placeOf(pathname, search);
}

export function go(path: string, how: "push" | "replace" = "push"): void {
  if (path !== address()) {
    if (how === "push") window.history.pushState(null, "", path);
    else window.history.replaceState(null, "", path);
  }
  for (const listener of [...listeners]) listener();
  window.scrollTo(0, 0);
}

type LinkProps = { to: string; children: ReactNode } & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href">;

/** An ordinary link that does not load the page anew. */
export function Link({ to, children, onClick, ...rest }: LinkProps) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const elsewhere = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || elsewhere) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} onClick={follow} {...rest}>
      {children}
    </a>
  );
}
