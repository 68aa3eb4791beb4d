/**
 * A no that may not have reached the server yet: kept over a reload, so that a page which is loaded anew at that moment
 * does not take itself for willing.
 */
const key = (roomId: string): string => `bedside:no:${roomId}`;

/** The recording that was said no to. */
export function rememberedNo(roomId: string): string | null {
  try {
    return globalThis.sessionStorage?.getItem(key(roomId)) ?? null;
  } catch {
    return null;
  }
}

export function rememberNo(roomId: string, recordingId: string | null): void {
  try {
    if (recordingId !== null) globalThis.sessionStorage?.setItem(key(roomId), recordingId);
    else globalThis.sessionStorage?.removeItem(key(roomId));
  } catch {
    // Storage is blocked: the no lives as long as the page.
  }
}
