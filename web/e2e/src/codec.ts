/** Which codec a page's video is sent with. */

export type VideoCodec = "vp8" | "vp9" | "h264" | "av1";

/**
 * A script that runs before a page's own: of what is offered to the page it sees this codec and no other. Preferences of
 * the page's own would not do: Chromium sends what stands first in an offer, whatever it answers. Where there are
 * several, a tab goes on to the next one each time that its page is loaded anew.
 */
export function sendsAs(...codecs: VideoCodec[]): () => void {
  // What runs in a page knows nothing of what is around it here, so the codecs are written into it.
  return new Function(`(${seeOnly.toString()})(${JSON.stringify(codecs)})`) as () => void;
}

function seeOnly(codecs: readonly string[]): void {
  // The empty page that a tab begins with keeps nothing.
  if (!location.protocol.startsWith("http")) return;
  const loaded = Number(sessionStorage.getItem("loaded") ?? 0);
  sessionStorage.setItem("loaded", String(loaded + 1));
  const codec = codecs[Math.min(loaded, codecs.length - 1)] ?? "";
  type Describe = (this: RTCPeerConnection, description: RTCSessionDescriptionInit) => Promise<void>;
  const describe = RTCPeerConnection.prototype.setRemoteDescription as Describe;

  /** A section of video without the formats that are neither of this codec nor repairs of it. */
  function without(section: string): string {
    const lines = section.split("\r\n");
    const [medium, port, profile, ...formats] = (lines[0] ?? "").split(" ");
    const isNamed = (format: string, name: string) =>
      lines.some((line) => line.toLowerCase().startsWith(`a=rtpmap:${format} ${name}/`));
    const ofCodec = formats.filter((format) => isNamed(format, codec));
    const repairs = formats.filter((format) =>
      ofCodec.some((repaired) => lines.includes(`a=fmtp:${format} apt=${repaired}`)),
    );
    const kept = new Set([...ofCodec, ...repairs]);
    const isKept = (line: string) => {
      const [, format] = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /.exec(line) ?? [];
      return format === undefined || kept.has(format);
    };
    return [[medium, port, profile, ...kept].join(" "), ...lines.slice(1).filter(isKept)].join("\r\n");
  }

  const seeing: Describe = function (description) {
    if (description.type !== "offer") return describe.call(this, description);
    const sections = (description.sdp ?? "").split(/(?=^m=)/m);
    const sdp = sections.map((it) => (it.startsWith("m=video") ? without(it) : it)).join("");
    return describe.call(this, { type: "offer", sdp });
  };
  RTCPeerConnection.prototype.setRemoteDescription = seeing as RTCPeerConnection["setRemoteDescription"];
}
