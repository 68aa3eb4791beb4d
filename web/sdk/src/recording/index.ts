/** Recording, as the package gives it out. */
export { RoomRecording, type FactSource } from "./recording.js";
export { type Playing, Recordings } from "./recordings.js";
export type { ConsentGiven, RecordingDetails, RecordingFile } from "./details.js";
export { type Consent, type ConsentQuestion, type RecordingState, textFor } from "./state.js";
