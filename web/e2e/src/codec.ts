/** Which codec a page's video is sent with. */

export type VideoCodec = "vp8" | "vp9" | "h264" | "av1";

/** A script that runs before a page's own: whatever is offered to the page, it takes this codec and no other. */
export function sendsAs(codec: VideoCodec): () => void {
  // What runs in a page knows nothing of what is around it here, so the codec is written into it.
  return new Function(`(${takeOnly.toString()})(${JSON.stringify(`video/${codec}`)})`) as () => void;
}

function takeOnly(mimeType: string): void {
  type Describe = (this: RTCPeerConnection, description?: RTCLocalSessionDescriptionInit) => Promise<void>;
  const describe = RTCPeerConnection.prototype.setLocalDescription as Describe;
  const takingOnly: Describe = function (description) {
    if (this.signalingState === "have-remote-offer") {
      const known = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
      const wanted = known.filter((codec) => [mimeType, "video/rtx"].includes(codec.mimeType.toLowerCase()));
      for (const transceiver of this.getTransceivers()) {
        if (transceiver.receiver.track.kind === "video") transceiver.setCodecPreferences(wanted);
      }
    }
    return describe.call(this, description);
  };
  RTCPeerConnection.prototype.setLocalDescription = takingOnly;
}
