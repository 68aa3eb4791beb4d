/** The way to one peer of the call. */
import type { IceCandidate } from "../generated/events.js";

/** All refuse with `Refused`. */
export interface Signals {
  /** Whether anything can be sent now. */
  isReady(): boolean;
  /** Gives the offer's number. */
  offer(sdp: string): Promise<number>;
  answer(sdp: string, negotiation: number): Promise<void>;
  candidate(candidate: IceCandidate, negotiation: number): Promise<void>;
}

/** A candidate that the browser cannot make use of is no reason to give up the others. */
export async function addCandidate(pc: RTCPeerConnection, candidate: IceCandidate): Promise<void> {
  try {
    await pc.addIceCandidate(candidate);
  } catch (fault) {
    console.warn("bedside: a candidate could not be used", fault);
  }
}
