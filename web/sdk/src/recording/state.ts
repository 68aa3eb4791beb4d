/** What the recording of a room looks like from outside: immutable snapshots. */
import type { Decision, Recording, RecordingConsentRequested } from "../generated/events.js";

/** What one is asked, in the words of the clinic. */
export type ConsentQuestion = Omit<RecordingConsentRequested, "roomId">;

/** What somebody has decided, as the room's log has it. */
export interface Consent {
  readonly seq: number;
  readonly recordingId: string;
  readonly userId: string;
  readonly decision: Decision;
  readonly textVersion: string;
  readonly at: string;
}

export interface RecordingState {
  /** The newest recording of the room that is known, over or not. */
  readonly recording: Recording | null;
  /** Whether it is asked for, runs, or pauses. */
  readonly isOn: boolean;
  /** What one is asked and has not answered. */
  readonly question: ConsentQuestion | null;
  /** What one has said to this recording. A refusal counts from the moment it is said, a consent once it is stored. */
  readonly decision: Decision | null;
  /** Whether one's own sound and picture may be recorded now. */
  readonly isRecorded: boolean;
  /** A decision that is on its way to the server. */
  readonly saying: Decision | null;
  /** Everybody's decisions that are known here, oldest first, of all recordings of this room. */
  readonly consents: readonly Consent[];
}

/** Where nothing is recorded. */
export const NO_RECORDING: RecordingState = {
  recording: null,
  isOn: false,
  question: null,
  decision: null,
  isRecorded: false,
  saying: null,
  consents: [],
};

export const isOn = ({ state }: Recording): boolean =>
  state === "awaiting_consent" || state === "recording" || state === "paused";

/**
 * The text in the first of these languages (BCP 47) that there is, as `es-MX` or else `es`; otherwise as the clinic
 * wrote it first.
 */
export function textFor({ text, texts }: ConsentQuestion, languages: readonly string[]): string {
  const byTag = new Map(Object.entries(texts).map(([tag, words]) => [tag.toLowerCase(), words]));
  for (const language of languages) {
    const parts = language.toLowerCase().split("-");
    for (let length = parts.length; length > 0; length -= 1) {
      const found = byTag.get(parts.slice(0, length).join("-"));
      if (found !== undefined) return found;
    }
  }
  return text;
}
