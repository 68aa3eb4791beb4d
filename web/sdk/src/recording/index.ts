/** Recording, as the package gives it out. */
export { RoomRecording, type FactSource } from "./recording.js";
export {
  type ConsentGiven,
  type Playing,
  type RecordingDetails,
  type RecordingFile,
  Recordings,
} from "./recordings.js";
export { type Consent, type ConsentQuestion, type RecordingState, textFor } from "./state.js";
