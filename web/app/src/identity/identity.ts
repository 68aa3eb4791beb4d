/** Who is here. The one owner of that: it picks the way in, and is told when one is at its end. */
import { Bedside, Refused, type User } from "@bedside/client";
import { type Store, createStore, useReadable } from "../store";
import { keptAccount, logIn, logOut } from "./account";
import { bearer, keepBearer, keptBearer } from "./bearer";
import { keepLink, keptLink, link } from "./link";
import { type Ticket, type Way, isFinal } from "./way";

export type Identity =
  | { is: "looking" }
  /** `because` is absent for those who never signed in. */
  | { is: "nobody"; because?: Refused | "left" }
  /** The server did not answer; `again` asks it anew. */
  | { is: "unreachable"; because: Refused; again: () => void }
  | Somebody;

export interface Somebody {
  is: "somebody";
  way: Way;
  user: User;
  /** The only visit that they may see; null where they see all of their own. */
  consultationId: string | null;
  /** Their connection. It lives as long as they are here. */
  client: Bedside;
}

const store: Store<Identity> = createStore<Identity>({ is: "looking" });
export const identity: Pick<Store<Identity>, "get" | "subscribe"> = store;
export const useIdentity = (): Identity => useReadable(store);

/** Begin with what the address brings, else with what is kept. The secret leaves the address and its history at once. */
export function begin(): void {
  const brought = fromAddress();
  const way = brought ?? keptLink() ?? keptBearer() ?? keptAccount();
  if (way) void enter(way);
  else store.set({ is: "nobody" });
}

function fromAddress(): Way | null {
  const { pathname, search, hash } = window.location;
  const secret = new URLSearchParams(hash.slice(1)).get("token");
  if (!secret) return null;
  window.history.replaceState(null, "", pathname + search);
  const isLink = pathname === "/join";
  // Whoever opens a link means to be the one it is for, whatever this tab held before.
  keepLink(isLink ? secret : null);
  keepBearer(isLink ? null : secret);
  return isLink ? link(secret) : bearer(secret);
}

// A link pasted into a tab that is open already changes the fragment only; nothing is loaded anew by itself.
window.addEventListener("hashchange", () => {
  if (new URLSearchParams(window.location.hash.slice(1)).has("token")) begin();
});

async function enter(way: Way): Promise<void> {
  closeClient();
  store.set({ is: "looking" });
  try {
    welcome(way, await way.ticket());
  } catch (thrown) {
    const because = Refused.of(thrown);
    if (isFinal(because)) forget(because);
    else store.set({ is: "unreachable", because, again: () => void enter(way) });
  }
}

function welcome(way: Way, { user, consultationId }: Ticket): void {
  closeClient();
  const client = new Bedside({ token: () => tokenOf(way) });
  store.set({ is: "somebody", way, user, consultationId, client });
}

function closeClient(): void {
  const now = store.get();
  if (now.is === "somebody") now.client.close();
}

async function tokenOf(way: Way): Promise<string> {
  try {
    return (await way.ticket()).token;
  } catch (thrown) {
    const because = Refused.of(thrown);
    const now = store.get();
    if (isFinal(because) && now.is === "somebody" && now.way === way) forget(because);
    throw because;
  }
}

function forget(because?: Refused | "left"): void {
  keepLink(null);
  keepBearer(null);
  closeClient();
  store.set(because ? { is: "nobody", because } : { is: "nobody" });
}

export async function signIn(username: string, password: string): Promise<void> {
  const way = await logIn(username, password);
  keepLink(null);
  keepBearer(null);
  welcome(way, await way.ticket());
}

/** For pages that stand only where somebody is. */
export function useSomebody(): Somebody {
  const now = useIdentity();
  if (now.is !== "somebody") throw new Error("this page is for those who have signed in");
  return now;
}

export async function signOut(scope: "here" | "everywhere" = "here"): Promise<void> {
  const now = store.get();
  forget("left");
  if (now.is === "somebody" && now.way.kind === "account") await logOut(scope === "everywhere");
}
