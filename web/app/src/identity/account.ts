/** The way in with an account of this server. What outlives a reload is a cookie that no script can read. */
import { Refused, type User } from "@bedside/client";
import { keep, read } from "../keep";
import { request } from "./request";
import { type Ticket, type Way, isFresh } from "./way";

/** Says that there may be a cookie: without it nobody is asked to refuse a visitor who never signed in. */
const HINT = "bedside.account";

interface Session {
  accessToken: string;
  expiresAt: string;
  user: User;
}

const ticketOf = ({ accessToken, expiresAt, user }: Session): Ticket => ({
  token: accessToken,
  expiresAtMs: new Date(expiresAt).getTime(),
  user,
  consultationId: null,
});

export async function thereAreAccounts(): Promise<boolean> {
  const answer = await request<{ accounts?: boolean }>("/api/v1/auth").catch((thrown: unknown) => {
    if (thrown instanceof Refused && thrown.code === "not_found") return { accounts: false };
    throw thrown;
  });
  return answer.accounts === true;
}

export function keptAccount(): Way | null {
  return read("device", HINT) === null ? null : account(null);
}

export async function logIn(username: string, password: string): Promise<Way> {
  const session = await request<Session>("/api/v1/auth/login", {
    method: "POST",
    body: { username, password },
  });
  keep("device", HINT, "1");
  return account(ticketOf(session));
}

export async function logOut(everywhere: boolean): Promise<void> {
  keep("device", HINT, null);
  await request("/api/v1/auth/logout", { method: "POST", body: { everywhere } });
}

export async function changePassword(token: string, current: string, next: string): Promise<void> {
  await request("/api/v1/auth/password", { method: "POST", token, body: { current, new: next } });
}

function account(first: Ticket | null): Way {
  let ticket = first;
  return {
    kind: "account",
    async ticket() {
      if (ticket && isFresh(ticket)) return ticket;
      try {
        ticket = ticketOf(
          await alone(() => request<Session>("/api/v1/auth/refresh", { method: "POST", body: {} })),
        );
      } catch (thrown) {
        if (thrown instanceof Refused && thrown.aboutToken) keep("device", HINT, null);
        throw thrown;
      }
      return ticket;
    },
  };
}

/**
 * One refresh at a time over all tabs: the cookie changes with each, and two with the same one look like a theft.
 */
async function alone<T>(refresh: () => Promise<T>): Promise<T> {
  const { locks } = navigator;
  // Without a secure context there are no locks; nor would the cookie be sent.
  return locks ? locks.request("bedside.refresh", refresh) : refresh();
}
