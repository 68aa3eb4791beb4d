/** The page's own id. The server derives the peer id from it, so a page that is reloaded is the same peer in the call. */
import { patienceMs } from "./anew.js";

const KEY = "bedside.instance";
/** How long a reloaded page waits for its former self to let go, and a duplicate for the original to object. */
const CLAIM_MS = 250;

/** A random id (UUID version 4), also where the page has no secure context and so no `randomUUID`. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** What an id is claimed with; the platform's own, unless a test runs several tabs in one process. */
export interface Tab {
  /** Survives a reload; a browser copies it when a tab is duplicated. */
  session: Pick<Storage, "getItem" | "setItem"> | null;
  locks: LockManager | null;
}

/** This tab, as the platform has it. */
export function thisTab(): Tab {
  return { session: sessionStorageOf(), locks: globalThis.navigator?.locks ?? null };
}

/** An id that no other living page has, and how to give it back. */
export interface Claim {
  id: string;
  release(): void;
}

/**
 * Claim the id that this page had before it was reloaded. A duplicated tab finds the same id, but the original holds it:
 * then a new one is made.
 */
export async function claimInstance(tab: Tab = thisTab()): Promise<Claim> {
  const before = tab.session?.getItem(KEY);
  const claim = (before && (await hold(before, tab))) || (await fresh(tab));
  try {
    tab.session?.setItem(KEY, claim.id);
  } catch {
    // Storage that is full or forbidden: the id then lives as long as the page.
  }
  return claim;
}

/** The name under which a page holds its id: who finds it held knows that the page lives. */
export const lockName = (id: string): string => `${KEY}.${id}`;

async function fresh(tab: Tab): Promise<Claim> {
  const id = randomId();
  return (await hold(id, tab)) ?? { id, release: () => {} };
}

async function hold(id: string, tab: Tab): Promise<Claim | null> {
  return tab.locks ? holdByLock(id, tab.locks) : holdByVoice(id);
}

/** A Web Lock is held as long as the page lives, and no longer. */
function holdByLock(id: string, locks: LockManager): Promise<Claim | null> {
  return new Promise((resolve) => {
    const patience = AbortSignal.timeout(patienceMs(CLAIM_MS));
    const held = locks.request(lockName(id), { signal: patience }, () => {
      return new Promise<void>((release) => resolve({ id, release }));
    });
    held.catch(() => resolve(null));
  });
}

/** Without locks (a page without TLS, an old browser) the tabs ask each other. */
async function holdByVoice(id: string): Promise<Claim | null> {
  if (typeof BroadcastChannel === "undefined") return { id, release: () => {} };
  const channel = new BroadcastChannel(KEY);
  // Node would be kept alive by it; browsers do not know the method.
  (channel as { unref?: () => void }).unref?.();
  const me = randomId();
  type Said = { id: string; from: string; held: boolean };
  const taken = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), CLAIM_MS);
    channel.onmessage = ({ data }: MessageEvent<Said>) => {
      if (data.id !== id || data.from === me) return;
      // Of two that ask at the same time one gives way.
      if (!data.held && data.from > me) {
        channel.postMessage({ id, from: me, held: true } satisfies Said);
        return;
      }
      clearTimeout(timer);
      resolve(true);
    };
    channel.postMessage({ id, from: me, held: false } satisfies Said);
  });
  if (taken) {
    channel.close();
    return null;
  }
  channel.onmessage = ({ data }: MessageEvent<Said>) => {
    if (data.id === id && !data.held) channel.postMessage({ id, from: me, held: true } satisfies Said);
  };
  return { id, release: () => channel.close() };
}

function sessionStorageOf(): Storage | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    // A page may be forbidden to store anything.
    return null;
  }
}
