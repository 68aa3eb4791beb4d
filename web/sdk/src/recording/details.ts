/** What is kept of a recording, as REST gives it. */
import type { Decision, Recording, Role } from "../generated/events.js";

export interface RecordingDetails extends Recording {
  consultationId: string;
  /** Everybody's decisions, oldest first. */
  consents: readonly ConsentGiven[];
  /** What can be played, in the order of legs and parts. */
  files: readonly RecordingFile[];
  /** When it will be deleted; none: when somebody does it. */
  expiresAt?: string | null;
}

export interface ConsentGiven {
  userId: string;
  decision: Decision;
  textVersion: string;
  at: string;
}

/** What one participant sent, for as long as codec and connection stayed the same. */
export interface RecordingFile {
  /** One participant's connection to the recorder. */
  leg: string;
  part: number;
  userId: string;
  name?: string | null;
  role?: Role | null;
  url: string;
  contentType: string;
  codecs: readonly string[];
  /** Milliseconds after the recording's start. */
  startsAtMs: number;
  durationMs: number;
  bytes: number;
  /** Whether it was rescued after the recorder had died. */
  recovered: boolean;
}
