/** What the call needs to know of a session description (RFC 8866, RFC 8839): who made it, and its ICE generation. */

/**
 * Who made a description: its session id and its certificates. All descriptions of one RTCPeerConnection have the
 * same maker, so another maker under a known peer id is a page that was loaded anew.
 */
export function makerOf(sdp: string): string {
  const session = /^o=\S+ (\S+) /m.exec(sdp)?.[1] ?? "";
  return [session, ...new Set(values(sdp, "fingerprint"))].join(" ");
}

/** The ICE generations of a description: one fragment where all media are bundled. */
export function fragmentsOf(sdp: string): ReadonlySet<string> {
  return new Set(values(sdp, "ice-ufrag"));
}

function values(sdp: string, attribute: string): string[] {
  const lines = sdp.matchAll(new RegExp(`^a=${attribute}:(.*?)\\r?$`, "gm"));
  return Array.from(lines, (line) => line[1] ?? "");
}
