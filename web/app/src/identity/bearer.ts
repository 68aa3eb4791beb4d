/** The way in with a token from elsewhere: a clinic's own portal, or the demo. It lives as long as its tab. */
import { Refused, type Role } from "@bedside/client";
import { keep, read } from "../keep";
import { request } from "./request";
import type { Ticket, Way } from "./way";

const KEY = "bedside.token";

interface Me {
  id: string;
  name?: string | null;
  role: Role;
  consultationId?: string | null;
}

export function keepBearer(token: string | null): void {
  keep("tab", KEY, token);
}

export function keptBearer(): Way | null {
  const token = read("tab", KEY);
  return token ? bearer(token) : null;
}

export function bearer(token: string): Way {
  let ticket: Ticket | null = null;
  return {
    kind: "token",
    async ticket() {
      const expiresAtMs = expiryOf(token);
      if (expiresAtMs !== null && expiresAtMs <= Date.now())
        throw new Refused("token_expired", "the token has ended");
      ticket ??= await ticketFor(token, expiresAtMs);
      return ticket;
    },
  };
}

async function ticketFor(token: string, expiresAtMs: number | null): Promise<Ticket> {
  // The server is asked, not the token: where the role stands in it is the clinic's choice.
  const me = await request<Me>("/api/v1/me", { token });
  const user = { id: me.id, name: me.name ?? null, role: me.role };
  return { token, expiresAtMs, user, consultationId: me.consultationId ?? null };
}

/** When a JWT ends, for those who ask before the server does. Null where it is not readable. */
export function expiryOf(token: string): number | null {
  try {
    const payload = token.split(".")[1] ?? "";
    const claims: unknown = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    const exp = (claims as { exp?: unknown }).exp;
    return typeof exp === "number" ? exp * 1_000 : null;
  } catch {
    return null;
  }
}
