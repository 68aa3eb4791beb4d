/** `@bedside/client`: visits on a Bedside server. */
export { Bedside, type BedsideOptions } from "./bedside.js";
export * from "./assistant/index.js";
export * from "./call/index.js";
export type { AskOptions, ClientEventName, ServerEventName, Transport } from "./connection.js";
export type {
  Consultations,
  ConsultationsState,
  Link,
  NewConsultation,
  NewParticipant,
} from "./consultations.js";
export type { Delivery, Entry } from "./entries.js";
export { Files, type DownloadOptions } from "./files/files.js";
export type { Upload, UploadState } from "./files/upload.js";
export * from "./recording/index.js";
export { Refused, type RefusedCode } from "./refused.js";
export { given, type RestClient } from "./rest.js";
export type { Presence, PresenceState, Watched } from "./presence.js";
export type { Room, SendOptions } from "./room.js";
export type { RoomState } from "./room_state.js";
export type { Observable } from "./state.js";
export type { BedsideState, Status } from "./status.js";
export type { KeyValue } from "./storage.js";
export type { Timing } from "./time.js";
export type { TokenSource } from "./token.js";
export type { Typist } from "./typing.js";
export type { WaitingPerson, WaitingRooms } from "./waiting.js";
export type {
  AnswerMark,
  AnswerState,
  AssistantInRoom,
  AssistantUse,
  Attachment,
  Availability,
  ChatMessage,
  ClientEvents,
  Code,
  Consultation,
  Conversation,
  Decision,
  IceServer,
  Limits,
  Media,
  Member,
  Participant,
  Peer,
  PresenceStatus,
  Recording,
  RecordingReason,
  Role,
  RoomEvent,
  ServerEvents,
  SessionReady,
  User,
  UserPresence,
} from "./generated/events.js";
export type { Status as ConsultationStatus } from "./generated/events.js";
export type { paths, components } from "./generated/rest.js";
