/**
 * The way in with an invitation link. The link's secret lives as long as its tab; the key that binds the link to this
 * device is kept, so that the link opens again from the patient's mail after the tab is gone.
 */
import type { User } from "@bedside/client";
import { keep, read, readJson } from "../keep";
import { request } from "./request";
import { type Ticket, type Way, isFresh } from "./way";

const LINK_KEY = "bedside.link";
const DEVICE_KEYS = "bedside.devices";
/** As many links as anybody has open; the oldest are forgotten first. */
const MAX_DEVICE_KEYS = 20;

interface WayIn {
  accessToken: string;
  expiresAt: string;
  deviceKey: string;
  consultationId: string;
  user: User;
}

type DeviceKeys = readonly (readonly [link: string, key: string])[];

export function keepLink(secret: string | null): void {
  keep("tab", LINK_KEY, secret);
}

export function keptLink(): Way | null {
  const secret = read("tab", LINK_KEY);
  return secret ? link(secret) : null;
}

export function link(secret: string): Way {
  let ticket: Ticket | null = null;
  return {
    kind: "link",
    async ticket() {
      if (ticket && isFresh(ticket)) return ticket;
      const deviceKey = deviceKeyOf(secret);
      const wayIn = await request<WayIn>("/api/v1/invitations/accept", {
        method: "POST",
        body: { token: secret, ...(deviceKey !== null && { deviceKey }) },
      });
      keepDeviceKey(secret, wayIn.deviceKey);
      ticket = {
        token: wayIn.accessToken,
        expiresAtMs: new Date(wayIn.expiresAt).getTime(),
        user: wayIn.user,
        consultationId: wayIn.consultationId,
      };
      return ticket;
    },
  };
}

/** What tells links apart here. Too little of the secret to open anything with. */
const nameOf = (secret: string): string => secret.slice(0, 8);

function isDeviceKeys(value: unknown): value is DeviceKeys {
  const isPair = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === "string");
  return Array.isArray(value) && value.every(isPair);
}

const deviceKeys = (): DeviceKeys => readJson("device", DEVICE_KEYS, isDeviceKeys) ?? [];

function deviceKeyOf(secret: string): string | null {
  return deviceKeys().find(([link]) => link === nameOf(secret))?.[1] ?? null;
}

function keepDeviceKey(secret: string, key: string): void {
  const others = deviceKeys().filter(([link]) => link !== nameOf(secret));
  keep("device", DEVICE_KEYS, JSON.stringify([...others, [nameOf(secret), key]].slice(-MAX_DEVICE_KEYS)));
}
