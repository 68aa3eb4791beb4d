// Generated from the server's protocol by `npm run generate`. Not to be edited.

/**
 * What a client shall do when its session ends.
 */
export type Action = "reconnect" | "refresh_token" | "stop";
export type AssistantId = string;
/**
 * The reason of a refusal, for programs.
 */
export type Code =
  | "malformed"
  | "unknown_event"
  | "token_missing"
  | "token_invalid"
  | "token_expired"
  | "token_not_yet_valid"
  | "credentials_invalid"
  | "not_found"
  | "forbidden"
  | "not_joined"
  | "waiting"
  | "conflict"
  | "stale_negotiation"
  | "invalid_sdp"
  | "invalid_candidate"
  | "too_large"
  | "rate_limited"
  | "overloaded"
  | "draining"
  | "unavailable"
  | "storage_full"
  | "consent_required"
  | "ended"
  | "internal";
/**
 * Where an answer stands.
 */
export type AnswerState = "streaming" | "complete" | "interrupted" | "failed" | "cancelled";
export type AnswerSdp =
  | string
  | {
      sdp: string;
      type: "answer";
    };
/**
 * Whether an assistant may be asked in a consultation.
 */
export type AssistantUse = "off" | "awaiting_consent" | "on" | "refused";
export type ClientMessageId = string;
export type ChatText = string;
export type RoomId = string;
export type MessageId = string;
export type AttachmentId = string;
export type Name = string;
export type Passage = string;
/**
 * What a message is.
 */
export type MessageKind = "text" | "file" | "system" | "assistant";
export type UserId = string;
/**
 * What a person is, everywhere. What they may do in a consultation depends on their part in it.
 */
export type Role = "doctor" | "patient" | "staff" | "guest" | "recorder";
export type Timestamp = string;
/**
 * What somebody says to being recorded.
 */
export type Decision = "given" | "refused" | "withdrawn";
export type SessionId = string;
/**
 * What a person says of themselves.
 */
export type Availability = "available" | "busy" | "away";
/**
 * One candidate attribute, checked for grammar.
 */
export type CandidateLine = string;
/**
 * How a path of a call runs (RFC 8445).
 */
export type CandidateType = "host" | "srflx" | "prflx" | "relay";
export type Title = string;
/**
 * A row of the room's log, as join, history and REST give it.
 */
export type RoomEvent = {
  /**
   * When it happened.
   */
  at: Timestamp;
  /**
   * Who did it; absent where it was the server.
   */
  by?: UserId | null;
  /**
   * Its place: 1, 2, 3 … without a hole.
   */
  seq: number;
} & RoomEvent1;
export type RoomEvent1 =
  | {
      kind: "message";
      /**
       * What.
       */
      message: ChatMessage;
    }
  | {
      kind: "redaction";
      /**
       * Which message.
       */
      messageId: MessageId;
      /**
       * Why.
       */
      reason?: Reason | null;
    }
  | {
      kind: "added";
      /**
       * What they are called.
       */
      name?: Name | null;
      /**
       * As what.
       */
      role: Role;
      /**
       * Who.
       */
      userId: UserId;
    }
  | {
      kind: "admitted";
      /**
       * Who.
       */
      userId: UserId;
    }
  | {
      kind: "denied";
      /**
       * Why.
       */
      reason?: Reason | null;
      /**
       * Who.
       */
      userId: UserId;
    }
  | {
      kind: "held";
      /**
       * Why.
       */
      reason?: Reason | null;
      /**
       * Who.
       */
      userId: UserId;
    }
  | {
      kind: "removed";
      /**
       * Who.
       */
      userId: UserId;
    }
  | {
      kind: "started";
    }
  | {
      kind: "ended";
      /**
       * What the doctor noted.
       */
      outcome?: Reason | null;
      /**
       * Why, where the server ended it: `abandoned`.
       */
      reason?: Reason | null;
    }
  | {
      kind: "cancelled";
      /**
       * Why.
       */
      reason?: Reason | null;
    }
  | {
      kind: "no_show";
    }
  | {
      kind: "reopened";
    }
  | {
      /**
       * What they have decided.
       */
      decision: Decision;
      kind: "consent";
      /**
       * The recording.
       */
      recordingId: RecordingId;
      /**
       * The version of the text that they were shown.
       */
      textVersion: string;
    }
  | {
      kind: "recording";
      /**
       * The recording.
       */
      recording: Recording;
    }
  | {
      kind: "recording_deleted";
      /**
       * The recording.
       */
      recordingId: RecordingId;
    }
  | {
      /**
       * Which.
       */
      assistantId: AssistantId;
      kind: "assistant";
      /**
       * Where its use stands now.
       */
      state: AssistantUse;
    }
  | {
      /**
       * Which.
       */
      assistantId: AssistantId;
      /**
       * What they have decided.
       */
      decision: Decision;
      kind: "assistant_consent";
      /**
       * The version of the text that they were shown.
       */
      textVersion: string;
    }
  | {
      kind: "deleted";
    };
export type Reason = string;
export type RecordingId = string;
/**
 * Why a recording stands where it does.
 */
export type RecordingReason =
  | "stopped_by_doctor"
  | "refused"
  | "withdrawn"
  | "somebody_joined"
  | "no_answer"
  | "everybody_left"
  | "visit_ended"
  | "too_long"
  | "disk_full"
  | "recorder_lost"
  | "recorder_failed"
  | "storage_failed";
/**
 * Where a recording stands.
 */
export type RecordingState = "awaiting_consent" | "recording" | "paused" | "stopped" | "failed" | "ready";
/**
 * Which ICE candidates are let through.
 */
export type IcePolicy = "all" | "relay";
/**
 * Who may record.
 */
export type RecordingPolicy = "never" | "on_request";
/**
 * Where a consultation stands.
 */
export type Status = "scheduled" | "waiting" | "in_progress" | "completed" | "cancelled" | "no_show";
export type InstanceId = string;
/**
 * Why a peer is gone.
 */
export type LeaveReason = "left" | "removed" | "timed_out" | "ended";
export type OfferSdp =
  | string
  | {
      sdp: string;
      type: "offer";
    };
export type PeerId = string;
/**
 * Whether a person can be reached.
 */
export type PresenceStatus = "available" | "busy" | "away" | "in_consultation" | "offline";
export type ResumeId = string;
export type Sdp = string;
/**
 * A bearer token on its way in. `Debug` shows nothing of it.
 */
export type Token = string;
/**
 * What answers `webrtc:join_room`.
 */
export type WebrtcJoined =
  | {
      /**
       * When their credentials end; absent where they have none.
       */
      iceExpiresAt?: Timestamp | null;
      /**
       * Which candidates are let through.
       */
      icePolicy: IcePolicy;
      /**
       * STUN and TURN servers.
       */
      iceServers: IceServer[];
      /**
       * Your peer id.
       */
      peerId: PeerId;
      /**
       * Who else is in it.
       */
      peers: Peer[];
      /**
       * The recording that is under way, or waits for consent.
       */
      recording?: Recording | null;
      state: "joined";
    }
  | {
      /**
       * Your place in the queue, from 1.
       */
      position: number;
      state: "waiting";
    };

/**
 * What a message of an assistant's carries besides its words.
 */
export interface AnswerMark {
  /**
   * Who answers.
   */
  assistantId: AssistantId;
  /**
   * Why it is not complete.
   */
  error?: Refusal | null;
  /**
   * The host that has answered.
   */
  host: string;
  /**
   * Where the answer stands: never `streaming`.
   */
  state: AnswerState;
}
/**
 * A refusal: `{ "code", "message", … }`, the same on the socket and in HTTP problems.
 */
export interface Refusal {
  /**
   * The reason, for programs.
   */
  code: Code;
  /**
   * The field that was wrong, with `malformed`.
   */
  field?: string | null;
  /**
   * Finds the cause in the server's log, with `internal`.
   */
  incident?: string | null;
  /**
   * The reason, for people.
   */
  message: string;
  /**
   * The newest negotiation, with `stale_negotiation`.
   */
  negotiation?: number | null;
  /**
   * When to try again, with `rate_limited`, `overloaded`, `draining` and `unavailable`.
   */
  retryAfterMs?: number | null;
  /**
   * The version that it has now, with `conflict`.
   */
  version?: number | null;
}
/**
 * What answers `assistant:enable`, `assistant:disable` and `assistant:consent`.
 */
export interface AssistantAnswered {
  /**
   * The assistant in this consultation.
   */
  assistant: AssistantInRoom;
}
/**
 * An assistant in a consultation.
 */
export interface AssistantInRoom {
  /**
   * Which.
   */
  assistantId: AssistantId;
  /**
   * The host that answers.
   */
  host: string;
  /**
   * Where its use stands.
   */
  state: AssistantUse;
}
/**
 * Ask an assistant.
 */
export interface AssistantAsk {
  /**
   * Which assistant; in a conversation it is the conversation's.
   */
  assistantId?: AssistantId | null;
  /**
   * The same for every retry of this question: it has one answer. Another one for asking again.
   */
  clientMessageId: ClientMessageId;
  /**
   * What to ask.
   */
  content: ChatText;
  /**
   * The room: a conversation, or a consultation in which the assistant may be asked.
   */
  roomId: RoomId;
}
/**
 * The question is durable, and the answer has begun.
 */
export interface AssistantAsked {
  /**
   * The answer: also the id of the message that it becomes.
   */
  answerId: MessageId;
  /**
   * Whether this was asked before under the same `clientMessageId`.
   */
  duplicate: boolean;
  /**
   * The question, as everyone hears it.
   */
  message: ChatMessage;
  /**
   * Where the answer stands: `streaming`, unless this is a retry.
   */
  state: AnswerState;
}
/**
 * A message.
 */
export interface ChatMessage {
  /**
   * Whose words they are, where an assistant wrote them (`kind` is `assistant`).
   */
  answer?: AnswerMark | null;
  /**
   * Files.
   */
  attachments: Attachment[];
  /**
   * What its sender calls it.
   */
  clientMessageId: ClientMessageId;
  /**
   * What it says; `null` once it was redacted.
   */
  content?: Passage | null;
  /**
   * Its id.
   */
  id: MessageId;
  /**
   * What it is.
   */
  kind: MessageKind;
  /**
   * The message that it answers.
   */
  replyTo?: MessageId | null;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Who wrote it.
   */
  senderId: UserId;
  /**
   * What they were called then.
   */
  senderName?: Name | null;
  /**
   * What they were then.
   */
  senderRole: Role;
  /**
   * When it was stored.
   */
  sentAt: Timestamp;
  /**
   * Its place in the log.
   */
  seq: number;
}
/**
 * A file of a message.
 */
export interface Attachment {
  /**
   * Its size.
   */
  bytes: number;
  /**
   * Its media type.
   */
  contentType: string;
  /**
   * Its id.
   */
  id: AttachmentId;
  /**
   * What it is called.
   */
  name: Name;
}
/**
 * Take an answer as far as it is, and hear the rest live.
 */
export interface AssistantAttach {
  /**
   * The answer.
   */
  answerId: MessageId;
  /**
   * How many pieces you have; without it, none.
   */
  fromIndex?: number | null;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * An answer as far as it is. Pieces with a number of `index` or more are heard live.
 */
export interface AssistantAttached {
  /**
   * Its text from piece `fromIndex` on.
   */
  content: Passage;
  /**
   * Where the text begins: the `fromIndex` that was asked for, or 0 where all is given.
   */
  fromIndex: number;
  /**
   * How many pieces there are so far.
   */
  index: number;
  /**
   * Where it stands.
   */
  state: AnswerState;
}
/**
 * End an answer that is being written. One that has ended stays as it is.
 */
export interface AssistantCancel {
  /**
   * The answer.
   */
  answerId: MessageId;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * A piece of an answer.
 */
export interface AssistantChunk {
  /**
   * The answer.
   */
  answerId: MessageId;
  /**
   * What it adds.
   */
  delta: Passage;
  /**
   * Its number, from 0.
   */
  index: number;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * An answer is whole, and stands in the log.
 */
export interface AssistantComplete {
  /**
   * The answer.
   */
  answerId: MessageId;
  /**
   * The message that it has become.
   */
  message: ChatMessage;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Its place in the log.
   */
  seq: number;
}
/**
 * The patient agrees that what is written in the consultation goes to an assistant, or does not, or no longer.
 */
export interface AssistantConsent {
  /**
   * Which.
   */
  assistantId: AssistantId;
  /**
   * What you have decided.
   */
  decision: Decision;
  /**
   * The consultation.
   */
  roomId: RoomId;
  /**
   * The version of the text that you were shown.
   */
  textVersion: string;
}
/**
 * You are asked whether what is written here may go to an assistant. Answer with `assistant:consent`.
 */
export interface AssistantConsentRequested {
  /**
   * Which.
   */
  assistantId: AssistantId;
  /**
   * The host that answers.
   */
  host: string;
  /**
   * What it is called, by language.
   */
  name: {
    [k: string]: string;
  };
  /**
   * Who asks.
   */
  requestedBy: UserId;
  /**
   * What they are called.
   */
  requestedByName?: Name | null;
  /**
   * The consultation.
   */
  roomId: RoomId;
  /**
   * The text's version; changes with every change of the text.
   */
  textVersion: string;
  /**
   * The text to agree to, by language (BCP 47).
   */
  texts: {
    [k: string]: string;
  };
}
/**
 * Let an assistant be asked in a consultation no longer.
 */
export interface AssistantDisable {
  /**
   * Which.
   */
  assistantId: AssistantId;
  /**
   * The consultation.
   */
  roomId: RoomId;
}
/**
 * Let an assistant be asked in a consultation, once its patient agrees.
 */
export interface AssistantEnable {
  /**
   * Which.
   */
  assistantId: AssistantId;
  /**
   * The consultation.
   */
  roomId: RoomId;
}
/**
 * An answer ended before it was whole.
 */
export interface AssistantFailed {
  /**
   * The answer.
   */
  answerId: MessageId;
  /**
   * Why.
   */
  error: Refusal;
  /**
   * The message that it has become, where there is anything of it.
   */
  message?: ChatMessage | null;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Its place in the log, where there is anything of it.
   */
  seq?: number | null;
  /**
   * `interrupted`, `failed` or `cancelled`.
   */
  state: AnswerState;
}
/**
 * An assistant writes no longer.
 */
export interface AssistantStopTyping {
  /**
   * The answer.
   */
  answerId: MessageId;
  /**
   * Who.
   */
  assistantId: AssistantId;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * An assistant is about to answer.
 */
export interface AssistantTyping {
  /**
   * The answer.
   */
  answerId: MessageId;
  /**
   * Who.
   */
  assistantId: AssistantId;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * You are in.
 */
export interface Authenticated {
  /**
   * The session.
   */
  sessionId: SessionId;
}
/**
 * Everything up to here reached somebody.
 */
export interface ChatDelivered {
  /**
   * When.
   */
  at: Timestamp;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Up to this event.
   */
  upToSeq: number;
  /**
   * Whom.
   */
  userId: UserId;
}
/**
 * Read a page of the room's log.
 */
export interface ChatHistory {
  /**
   * Events after this one.
   */
  afterSeq?: number | null;
  /**
   * Events before this one, newest page first.
   */
  beforeSeq?: number | null;
  /**
   * How many at the most.
   */
  limit?: number | null;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * Enter a room to read and write.
 */
export interface ChatJoinRoom {
  /**
   * The newest event that you have; without it the newest page is given.
   */
  afterSeq?: number | null;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * You are in the room.
 */
export interface ChatJoined {
  /**
   * Answers that are being written: attach to hear them.
   */
  answers?: RunningAnswer[];
  /**
   * The assistants that may be asked here, or could be.
   */
  assistants?: AssistantInRoom[];
  /**
   * Whether nothing is missing between the first event (or `afterSeq`) and `lastSeq`.
   */
  complete: boolean;
  /**
   * The conversation with an assistant, where the room is one.
   */
  conversation?: Conversation | null;
  /**
   * Events, oldest first.
   */
  events: RoomEvent[];
  /**
   * The room's newest event.
   */
  lastSeq: number;
  /**
   * Who has a part in it.
   */
  members: Member[];
  /**
   * The consultation; `null` where the room is a conversation.
   */
  room?: Consultation | null;
}
/**
 * An answer that is being written.
 */
export interface RunningAnswer {
  /**
   * The answer.
   */
  answerId: MessageId;
  /**
   * Who answers.
   */
  assistantId: AssistantId;
  /**
   * What it answers.
   */
  questionId: MessageId;
}
/**
 * A conversation of one person with one assistant.
 */
export interface Conversation {
  /**
   * With which assistant.
   */
  assistantId: AssistantId;
  /**
   * When it was made.
   */
  createdAt: Timestamp;
  /**
   * Its id, and its room's.
   */
  id: RoomId;
  /**
   * What was said last, by either.
   */
  lastMessage?: LastMessage | null;
  /**
   * The room's newest event.
   */
  lastSeq: number;
  /**
   * What its owner calls it.
   */
  title?: Title | null;
  /**
   * The assistant's messages that its owner has not seen.
   */
  unread: number;
  /**
   * When something was said last, or it was renamed. Lists are ordered by it.
   */
  updatedAt: Timestamp;
}
/**
 * What was said last, for a list.
 */
export interface LastMessage {
  /**
   * When.
   */
  at: Timestamp;
  /**
   * Whether the assistant said it.
   */
  byAssistant: boolean;
  /**
   * How it begins, as plain text on one line: at most 120 characters; empty where it was taken back.
   */
  excerpt: Passage;
  /**
   * Its place in the log.
   */
  seq: number;
}
/**
 * A recording of a visit.
 */
export interface Recording {
  /**
   * Whether only sound is recorded.
   */
  audioOnly: boolean;
  /**
   * How long it is, in milliseconds, pauses included; of one that runs: how long it was at its last change.
   */
  durationMs: number;
  /**
   * Its id.
   */
  id: RecordingId;
  /**
   * Who has yet to answer.
   */
  missing: UserId[];
  /**
   * Why it stands where it does.
   */
  reason?: RecordingReason | null;
  /**
   * Who agrees, and is recorded while it runs.
   */
  recorded: UserId[];
  /**
   * When it was asked for.
   */
  requestedAt: Timestamp;
  /**
   * Who asked for it.
   */
  requestedBy: UserId;
  /**
   * When the first recording began.
   */
  startedAt?: Timestamp | null;
  /**
   * Where it stands.
   */
  state: RecordingState;
  /**
   * The version of the text that people agree to.
   */
  textVersion: string;
}
/**
 * Someone with a part in the room, and how far they have read.
 */
export interface Member {
  /**
   * The newest event that reached them.
   */
  deliveredUpToSeq: number;
  /**
   * What they are called.
   */
  name?: Name | null;
  /**
   * Whether a session of theirs is in the room.
   */
  online: boolean;
  /**
   * Their part in this room.
   */
  role: Role;
  /**
   * The newest event that they have seen.
   */
  seenUpToSeq: number;
  /**
   * Who.
   */
  userId: UserId;
}
/**
 * A visit.
 */
export interface Consultation {
  /**
   * When it was made.
   */
  createdAt: Timestamp;
  /**
   * Its doctor.
   */
  doctorId: UserId;
  /**
   * When it was over.
   */
  endedAt?: Timestamp | null;
  /**
   * Which ICE candidates are let through.
   */
  icePolicy: IcePolicy;
  /**
   * Its id, and its room's.
   */
  id: RoomId;
  /**
   * Everyone with a part in it.
   */
  participants: Participant[];
  /**
   * Its patient.
   */
  patientId: UserId;
  /**
   * What it is about.
   */
  reason?: Reason | null;
  /**
   * Who may record.
   */
  recordingPolicy: RecordingPolicy;
  /**
   * When it shall be.
   */
  scheduledAt?: Timestamp | null;
  /**
   * When doctor and patient met.
   */
  startedAt?: Timestamp | null;
  /**
   * Where it stands.
   */
  status: Status;
  /**
   * Grows with each change.
   */
  version: number;
  /**
   * Whether all but doctors wait to be admitted.
   */
  waitingRoom: boolean;
}
/**
 * Someone with a part in a consultation.
 */
export interface Participant {
  /**
   * Whether they may enter the call without waiting.
   */
  admitted: boolean;
  /**
   * What they are called.
   */
  name?: Name | null;
  /**
   * Their part.
   */
  role: Role;
  /**
   * Who.
   */
  userId: UserId;
}
/**
 * Leave a room.
 */
export interface ChatLeaveRoom {
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * Everything up to here reached me.
 */
export interface ChatMarkDelivered {
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Up to this event.
   */
  seq: number;
}
/**
 * I have seen everything up to here.
 */
export interface ChatMarkSeen {
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Up to this event.
   */
  seq: number;
}
/**
 * A member's first session entered the room.
 */
export interface ChatMemberJoined {
  /**
   * Who.
   */
  member: Member;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * A member's last session left the room.
 */
export interface ChatMemberLeft {
  /**
   * Who.
   */
  member: Member;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * A page of the log, oldest first.
 */
export interface ChatPage {
  /**
   * Whether the page reaches the end that was asked for.
   */
  complete: boolean;
  /**
   * The events.
   */
  events: RoomEvent[];
}
/**
 * Take a message back.
 */
export interface ChatRedactMessage {
  /**
   * The message.
   */
  messageId: MessageId;
  /**
   * Why; needed where it is another's message.
   */
  reason?: Reason | null;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * A message was taken back.
 */
export interface ChatRedacted {
  /**
   * When.
   */
  at: Timestamp;
  /**
   * Who took it back.
   */
  by: UserId;
  /**
   * The message.
   */
  messageId: MessageId;
  /**
   * Why.
   */
  reason?: Reason | null;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * The redaction's place in the log.
   */
  seq: number;
}
/**
 * The redaction is stored.
 */
export interface ChatRedactionStored {
  /**
   * Its place in the log.
   */
  seq: number;
}
/**
 * Somebody has seen everything up to here.
 */
export interface ChatSeen {
  /**
   * When.
   */
  at: Timestamp;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Up to this event.
   */
  upToSeq: number;
  /**
   * Who.
   */
  userId: UserId;
}
/**
 * Write to everyone in the room.
 */
export interface ChatSendMessage {
  /**
   * Files that were uploaded before.
   */
  attachmentIds?: AttachmentId[];
  /**
   * The same for every retry of this message; without it a retry is a new message.
   */
  clientMessageId?: ClientMessageId | null;
  /**
   * What to say.
   */
  content: ChatText;
  /**
   * The message that this one answers.
   */
  replyTo?: MessageId | null;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * The message is stored.
 */
export interface ChatSent {
  /**
   * Whether it had been stored before under the same `clientMessageId`.
   */
  duplicate: boolean;
  /**
   * As everyone hears it.
   */
  message: ChatMessage;
}
/**
 * I have stopped writing.
 */
export interface ChatStopTyping {
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * Somebody has stopped writing.
 */
export interface ChatStopTypingHeard {
  /**
   * What they are called.
   */
  name?: Name | null;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Who.
   */
  userId: UserId;
}
/**
 * I am writing.
 */
export interface ChatTyping {
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * Somebody is writing; it ends by itself after 5 s.
 */
export interface ChatTypingHeard {
  /**
   * What they are called.
   */
  name?: Name | null;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Who.
   */
  userId: UserId;
}
/**
 * Let somebody in from the waiting room.
 */
export interface ConsultationAdmit {
  /**
   * Why.
   */
  reason?: Reason | null;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Whom.
   */
  userId: UserId;
}
/**
 * You are let in: send `webrtc:join_room` again.
 */
export interface ConsultationAdmitted {
  /**
   * Why.
   */
  reason?: Reason | null;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * The consultation after it was ended.
 */
export interface ConsultationClosed {
  /**
   * The consultation.
   */
  consultation: Consultation;
}
/**
 * A consultation of yours was made.
 */
export interface ConsultationCreated {
  /**
   * The consultation.
   */
  consultation: Consultation;
}
/**
 * You are not let in.
 */
export interface ConsultationDenied {
  /**
   * Why.
   */
  reason?: Reason | null;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * Send somebody away from the waiting room.
 */
export interface ConsultationDeny {
  /**
   * Why; they are told.
   */
  reason?: Reason | null;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Whom.
   */
  userId: UserId;
}
/**
 * End the visit.
 */
export interface ConsultationEnd {
  /**
   * What to note.
   */
  outcome?: Reason | null;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * The visit is over. The call ends; the history stays.
 */
export interface ConsultationEnded {
  /**
   * When.
   */
  at: Timestamp;
  /**
   * Who ended it; absent where it was the server.
   */
  by?: UserId | null;
  /**
   * Why: the status that it ended in, or `abandoned`.
   */
  reason?: Reason | null;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Its place in the log.
   */
  seq: number;
}
/**
 * You are back in the waiting room.
 */
export interface ConsultationHeld {
  /**
   * Why.
   */
  reason?: Reason | null;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * Send somebody back to the waiting room.
 */
export interface ConsultationHold {
  /**
   * Why; they are told.
   */
  reason?: Reason | null;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Whom.
   */
  userId: UserId;
}
/**
 * Somebody waits no longer: let in, sent away, or gone. Told to those who were told that they wait, once
 * none of their sessions waits any more.
 */
export interface ConsultationLeftWaiting {
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Who.
   */
  userId: UserId;
}
/**
 * The doctor and somebody else are in the call.
 */
export interface ConsultationStarted {
  /**
   * When.
   */
  at: Timestamp;
  /**
   * Whose arrival started it.
   */
  by?: UserId | null;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Its place in the log.
   */
  seq: number;
}
/**
 * A consultation of yours has changed.
 */
export interface ConsultationUpdated {
  /**
   * The consultation.
   */
  consultation: Consultation;
}
/**
 * Somebody waits for you to admit them.
 */
export interface ConsultationWaiting {
  /**
   * Their place in the queue, from 1.
   */
  position: number;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Since when.
   */
  since: Timestamp;
  /**
   * Who.
   */
  user: User;
}
/**
 * A person.
 */
export interface User {
  /**
   * Their id.
   */
  id: UserId;
  /**
   * What they are called.
   */
  name?: Name | null;
  /**
   * What they are.
   */
  role: Role;
}
/**
 * A conversation of yours was made.
 */
export interface ConversationCreated {
  /**
   * The conversation.
   */
  conversation: Conversation;
}
/**
 * A conversation of yours was deleted.
 */
export interface ConversationDeleted {
  /**
   * Its room.
   */
  roomId: RoomId;
}
/**
 * A conversation of yours has changed.
 */
export interface ConversationUpdated {
  /**
   * The conversation.
   */
  conversation: Conversation;
}
/**
 * What answers an event that has nothing to tell: `{}`.
 */
export interface Done {}
/**
 * An event that did not ask for an acknowledgement was refused.
 */
export interface ErrorEvent {
  /**
   * Why.
   */
  error: Refusal;
  /**
   * The event's name; absent where it could not be read.
   */
  event?: string | null;
}
/**
 * An `RTCIceCandidateInit` (W3C WebRTC section 4.8.1.2). `Debug` shows the candidate's length only.
 */
export interface IceCandidate {
  /**
   * `candidate:…` (RFC 8839 section 5.1), or empty at the end of a generation.
   */
  candidate: CandidateLine;
  /**
   * The media section, by its index.
   */
  sdpMLineIndex?: number | null;
  /**
   * The media section, by its id.
   */
  sdpMid?: string | null;
  /**
   * The generation that it belongs to.
   */
  usernameFragment?: string | null;
}
/**
 * An `RTCIceServer` (W3C WebRTC section 4.2.4).
 */
export interface IceServer {
  /**
   * For TURN: the password, good for a while.
   */
  credential?: string | null;
  /**
   * Where.
   */
  urls: string[];
  /**
   * For TURN: who.
   */
  username?: string | null;
}
/**
 * STUN and TURN servers.
 */
export interface IceServers {
  /**
   * When their credentials end; absent where they have none.
   */
  expiresAt?: Timestamp | null;
  /**
   * The servers.
   */
  iceServers: IceServer[];
}
/**
 * What is allowed.
 */
export interface Limits {
  /**
   * The longest ICE candidate, in bytes.
   */
  candidateBytes: number;
  /**
   * The longest chat text, in characters.
   */
  chatCharacters: number;
  /**
   * The largest message, in bytes.
   */
  maxPayload: number;
  /**
   * Events on one page of history.
   */
  pageEvents: number;
  /**
   * Peers in one call.
   */
  peersPerCall: number;
  /**
   * Rooms that one session may have joined.
   */
  roomsPerSession: number;
  /**
   * The longest session description, in bytes.
   */
  sdpBytes: number;
}
/**
 * What a peer sends.
 */
export interface Media {
  /**
   * Sound.
   */
  audio?: boolean;
  /**
   * Screen.
   */
  screen?: boolean;
  /**
   * Picture.
   */
  video?: boolean;
}
/**
 * The number that the server gave to the offer, or of the offer that was answered.
 */
export interface Negotiated {
  /**
   * Grows with each offer.
   */
  negotiation: number;
}
/**
 * Someone in the call.
 */
export interface Peer {
  /**
   * Whether their connection is broken and may come back.
   */
  away?: boolean;
  /**
   * What they send.
   */
  media: Media;
  /**
   * What they are called.
   */
  name?: Name | null;
  /**
   * Their peer id.
   */
  peerId: PeerId;
  /**
   * Whether you are the polite one towards them (perfect negotiation).
   */
  polite: boolean;
  /**
   * Their part in the consultation.
   */
  role: Role;
  /**
   * Who they are.
   */
  userId: UserId;
}
/**
 * Yes.
 */
export interface Pong {
  /**
   * The server's time.
   */
  serverTime: Timestamp;
}
/**
 * Somebody whom you watch can be reached in another way.
 */
export interface PresenceChanged {
  /**
   * When they were last connected; absent while they are.
   */
  lastSeenAt?: Timestamp | null;
  /**
   * How.
   */
  status: PresenceStatus;
  /**
   * Who.
   */
  userId: UserId;
}
/**
 * Say how you can be reached.
 */
export interface PresenceSet {
  /**
   * How.
   */
  status: Availability;
}
/**
 * Hear of others' presence from now on. Replaces what was watched before.
 */
export interface PresenceWatch {
  /**
   * Everyone of this role.
   */
  role?: Role | null;
  /**
   * These people.
   */
  userIds?: UserId[] | null;
}
/**
 * Those whom you watch and may see.
 */
export interface PresenceWatched {
  /**
   * Who, and how they are.
   */
  users: UserPresence[];
}
/**
 * A person and how they can be reached.
 */
export interface UserPresence {
  /**
   * When they were last connected; absent while they are.
   */
  lastSeenAt?: Timestamp | null;
  /**
   * What they are called.
   */
  name?: Name | null;
  /**
   * What they are.
   */
  role: Role;
  /**
   * How they can be reached.
   */
  status: PresenceStatus;
  /**
   * Who.
   */
  userId: UserId;
}
/**
 * What answers every `recording:*` event.
 */
export interface RecordingAnswered {
  /**
   * The recording.
   */
  recording: Recording;
}
/**
 * A recording stands elsewhere now. A row of the room's log.
 */
export interface RecordingChanged {
  /**
   * The recording.
   */
  recording: Recording;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * The row's place in the log.
   */
  seq: number;
}
/**
 * Agree to be recorded, or do not, or no longer.
 */
export interface RecordingConsent {
  /**
   * What you have decided.
   */
  decision: Decision;
  /**
   * The recording.
   */
  recordingId: RecordingId;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * The version of the text that you were shown.
   */
  textVersion: string;
}
/**
 * You are asked to agree to a recording. Answer with `recording:consent`.
 */
export interface RecordingConsentRequested {
  /**
   * Whether only sound is to be recorded.
   */
  audioOnly: boolean;
  /**
   * How many days the recording is kept; none: until it is deleted.
   */
  keptDays?: number | null;
  /**
   * The recording.
   */
  recordingId: RecordingId;
  /**
   * Who asks.
   */
  requestedBy: UserId;
  /**
   * What they are called.
   */
  requestedByName?: Name | null;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * The text to agree to, in the clinic's own language.
   */
  text: string;
  /**
   * The text's version; changes with every change of the text.
   */
  textVersion: string;
  /**
   * The text by language (BCP 47), the clinic's own included.
   */
  texts: {
    [k: string]: string;
  };
}
/**
 * Ask everybody in the call to agree to a recording.
 */
export interface RecordingStart {
  /**
   * Whether only sound is to be recorded.
   */
  audioOnly?: boolean;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * Stop a recording.
 */
export interface RecordingStop {
  /**
   * The recording.
   */
  recordingId: RecordingId;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * The session lives until then.
 */
export interface Refreshed {
  /**
   * When the token expires.
   */
  expiresAt: Timestamp;
}
/**
 * Where a client left off.
 */
export interface Resume {
  /**
   * The `resumeId` of `session:ready`.
   */
  id: ResumeId;
  /**
   * The offset of the last event it has heard.
   */
  offset?: string | null;
}
/**
 * A row of the room's log that has no event of its own.
 */
export interface RoomEventHeard {
  /**
   * The row.
   */
  event: RoomEvent;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * First frame on `/ws`: who comes.
 */
export interface SessionAuthenticate {
  /**
   * Kept for the page's life: makes the peer id the same after a crash of the server.
   */
  instanceId?: InstanceId | null;
  /**
   * The session to come back to.
   */
  resume?: Resume | null;
  /**
   * The token.
   */
  token: Token;
}
/**
 * The server is about to end this session.
 */
export interface SessionClosing {
  /**
   * What to do.
   */
  action: Action;
  /**
   * The close code, as `/ws` shows it.
   */
  code: number;
  /**
   * Why, for people.
   */
  message: string;
  /**
   * When to connect again.
   */
  reconnectAfterMs?: number | null;
}
/**
 * The token expires soon: send `session:refresh`.
 */
export interface SessionExpiring {
  /**
   * When.
   */
  expiresAt: Timestamp;
}
/**
 * Still here; this is how far the joined rooms have come.
 */
export interface SessionHeartbeat {
  /**
   * The newest `seq` of each joined room.
   */
  rooms: {
    [k: string]: number;
  };
  /**
   * The server's time.
   */
  serverTime: Timestamp;
}
/**
 * Are you there?
 */
export interface SessionPing {}
/**
 * The first event of a session, and the first after the replay of a resumed one.
 */
export interface SessionReady {
  /**
   * What this server can do: `chat`, `webrtc`, `consultation`, `presence`, …
   */
  features: string[];
  /**
   * How often `session:heartbeat` comes.
   */
  heartbeatMs: number;
  /**
   * What is allowed.
   */
  limits: Limits;
  /**
   * Shown to come back to this session (`/ws`; Socket.IO carries it as `pid`).
   */
  resumeId?: ResumeId | null;
  /**
   * How long the session is kept when the connection breaks.
   */
  resumeWindowMs: number;
  /**
   * Whether this is the session that you had before: nothing was missed, rooms need not be joined again.
   */
  resumed: boolean;
  /**
   * The server's time.
   */
  serverTime: Timestamp;
  /**
   * The session. A client that comes back names it in the query of its handshake (`session=…`), so that a server
   * that is full lets it take its own seat.
   */
  sessionId: SessionId;
  /**
   * Who you are here.
   */
  user: User;
}
/**
 * A newer token for the same user.
 */
export interface SessionRefresh {
  /**
   * The token.
   */
  token: Token;
}
/**
 * Answer a peer's offer.
 */
export interface WebrtcAnswer {
  /**
   * The offer that this answers; the peer's newest by default.
   */
  negotiation?: number | null;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * The answer.
   */
  sdp: AnswerSdp;
  /**
   * To whom; the only other person by default.
   */
  to?: PeerId | null;
}
/**
 * A peer answers your offer.
 */
export interface WebrtcAnswerHeard {
  /**
   * Who.
   */
  from: PeerId;
  /**
   * The offer that it answers.
   */
  negotiation: number;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * The answer, as its sender gave it.
   */
  sdp: Sdp;
}
/**
 * Tell a peer a way to reach you.
 */
export interface WebrtcIceCandidate {
  /**
   * The candidate; `null` when there are no more.
   */
  candidate?: IceCandidate | null;
  /**
   * The negotiation that it belongs to.
   */
  negotiation?: number | null;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * To whom; the only other person by default.
   */
  to?: PeerId | null;
}
/**
 * A way to reach a peer.
 */
export interface WebrtcIceCandidateHeard {
  /**
   * The candidate; `null` when there are no more.
   */
  candidate?: IceCandidate | null;
  /**
   * Whom.
   */
  from: PeerId;
  /**
   * The negotiation that it belongs to, where its sender said so.
   */
  negotiation?: number | null;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * Fresh ICE servers, please.
 */
export interface WebrtcIceServers {
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * Use these from now on: the credentials are renewed at 75 % of their life.
 */
export interface WebrtcIceServersRenewed {
  /**
   * When their credentials end.
   */
  expiresAt?: Timestamp | null;
  /**
   * The servers.
   */
  iceServers: IceServer[];
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * Enter the call, or the waiting room in front of it.
 */
export interface WebrtcJoinRoom {
  /**
   * What you will send; both by default.
   */
  media?: Media | null;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * Leave the call, or the waiting room.
 */
export interface WebrtcLeaveRoom {
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * What I am sending now.
 */
export interface WebrtcMediaState {
  /**
   * Sound.
   */
  audio: boolean;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Screen.
   */
  screen: boolean;
  /**
   * Picture.
   */
  video: boolean;
}
/**
 * What a peer sends now.
 */
export interface WebrtcMediaStateHeard {
  /**
   * Sound.
   */
  audio: boolean;
  /**
   * Who.
   */
  peerId: PeerId;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Screen.
   */
  screen: boolean;
  /**
   * Picture.
   */
  video: boolean;
}
/**
 * Offer a session to a peer.
 */
export interface WebrtcOffer {
  /**
   * Ignored: the server numbers offers.
   */
  negotiation?: number | null;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * The offer.
   */
  sdp: OfferSdp;
  /**
   * To whom; the only other person by default.
   */
  to?: PeerId | null;
}
/**
 * A peer offers you a session.
 */
export interface WebrtcOfferHeard {
  /**
   * Who.
   */
  from: PeerId;
  /**
   * Its number: name it in the answer.
   */
  negotiation: number;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * The offer, as its sender gave it.
   */
  sdp: Sdp;
}
/**
 * Someone's connection broke; they may come back. Keep the call.
 */
export interface WebrtcPeerAway {
  /**
   * Who.
   */
  peerId: PeerId;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * They are back.
 */
export interface WebrtcPeerBack {
  /**
   * Who.
   */
  peerId: PeerId;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * Someone entered the call.
 */
export interface WebrtcPeerJoined {
  /**
   * Who.
   */
  peer: Peer;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * Someone left the call.
 */
export interface WebrtcPeerLeft {
  /**
   * Who.
   */
  peerId: PeerId;
  /**
   * Why.
   */
  reason: LeaveReason;
  /**
   * The room.
   */
  roomId: RoomId;
}
/**
 * How the call is.
 */
export interface WebrtcStats {
  /**
   * Bits per second, in thousands.
   */
  bitrateKbps?: number | null;
  /**
   * How the chosen path runs: `host`, `srflx`, `prflx`, `relay`.
   */
  candidateType?: CandidateType | null;
  /**
   * Height of the received picture, in pixels.
   */
  frameHeight?: number | null;
  /**
   * Width of the received picture, in pixels.
   */
  frameWidth?: number | null;
  /**
   * Frames shown per second.
   */
  framesPerSecond?: number | null;
  /**
   * Jitter, in milliseconds.
   */
  jitterMs?: number | null;
  /**
   * Lost packets, in percent.
   */
  lossPercent?: number | null;
  /**
   * The room.
   */
  roomId: RoomId;
  /**
   * Round trip, in milliseconds.
   */
  rttMs?: number | null;
}

/** What a client may say: its data, and what answers it. */
export interface ClientEvents {
  /** Ask an assistant; answered when the question is durable and the answer has begun. */
  "assistant:ask": { data: AssistantAsk; answer: AssistantAsked };
  /** Take an answer as far as it is, and hear the rest live. */
  "assistant:attach": { data: AssistantAttach; answer: AssistantAttached };
  /** End an answer that is being written. */
  "assistant:cancel": { data: AssistantCancel; answer: Done };
  /** Agree that what is written in a consultation goes to an assistant, or do not, or no longer. */
  "assistant:consent": { data: AssistantConsent; answer: AssistantAnswered };
  /** Let an assistant be asked there no longer. */
  "assistant:disable": { data: AssistantDisable; answer: AssistantAnswered };
  /** Let an assistant be asked in a consultation, once its patient agrees. */
  "assistant:enable": { data: AssistantEnable; answer: AssistantAnswered };
  /** Read a page of the room's log. */
  "chat:history": { data: ChatHistory; answer: ChatPage };
  /** Enter a room to read and write. */
  "chat:join_room": { data: ChatJoinRoom; answer: ChatJoined };
  /** Leave a room. */
  "chat:leave_room": { data: ChatLeaveRoom; answer: Done };
  /** Say that everything up to here reached you. */
  "chat:mark_delivered": { data: ChatMarkDelivered; answer: Done };
  /** Say that you have seen everything up to here. */
  "chat:mark_seen": { data: ChatMarkSeen; answer: Done };
  /** Take a message back. */
  "chat:redact_message": { data: ChatRedactMessage; answer: ChatRedactionStored };
  /** Write to everyone in the room; answered when the message is durable. */
  "chat:send_message": { data: ChatSendMessage; answer: ChatSent };
  /** Say that you have stopped writing. */
  "chat:stop_typing": { data: ChatStopTyping; answer: Done };
  /** Say that you are writing. */
  "chat:typing": { data: ChatTyping; answer: Done };
  /** Let somebody in from the waiting room. */
  "consultation:admit": { data: ConsultationAdmit; answer: Done };
  /** Send somebody away from the waiting room. */
  "consultation:deny": { data: ConsultationDeny; answer: Done };
  /** End the visit. */
  "consultation:end": { data: ConsultationEnd; answer: ConsultationClosed };
  /** Send somebody back to the waiting room. */
  "consultation:hold": { data: ConsultationHold; answer: Done };
  /** Say how you can be reached. */
  "presence:set": { data: PresenceSet; answer: Done };
  /** Hear of others' presence from now on. */
  "presence:watch": { data: PresenceWatch; answer: PresenceWatched };
  /** Agree to be recorded, or do not, or no longer. */
  "recording:consent": { data: RecordingConsent; answer: RecordingAnswered };
  /** Ask everybody in the call to agree to a recording. */
  "recording:start": { data: RecordingStart; answer: RecordingAnswered };
  /** Stop a recording. */
  "recording:stop": { data: RecordingStop; answer: RecordingAnswered };
  /** Say who you are: first frame, on `/ws` only. */
  "session:authenticate": { data: SessionAuthenticate; answer: Authenticated };
  /** Ask whether the server is there. */
  "session:ping": { data: SessionPing; answer: Pong };
  /** Bring a newer token. */
  "session:refresh": { data: SessionRefresh; answer: Refreshed };
  /** Answer a peer's offer. */
  "webrtc:answer": { data: WebrtcAnswer; answer: Negotiated };
  /** Tell a peer a way to reach you. */
  "webrtc:ice_candidate": { data: WebrtcIceCandidate; answer: Done };
  /** Ask for fresh ICE servers. */
  "webrtc:ice_servers": { data: WebrtcIceServers; answer: IceServers };
  /** Enter the call, or the waiting room in front of it. */
  "webrtc:join_room": { data: WebrtcJoinRoom; answer: WebrtcJoined };
  /** Leave the call, or the waiting room. */
  "webrtc:leave_room": { data: WebrtcLeaveRoom; answer: Done };
  /** Say what you are sending. */
  "webrtc:media_state": { data: WebrtcMediaState; answer: Done };
  /** Offer a session to a peer. */
  "webrtc:offer": { data: WebrtcOffer; answer: Negotiated };
  /** Report how the call is. */
  "webrtc:stats": { data: WebrtcStats; answer: Done };
}

/** What the server may say without being asked. */
export interface ServerEvents {
  /** A piece of an answer. */
  "assistant:chunk": AssistantChunk;
  /** An answer stands in the log. */
  "assistant:complete": AssistantComplete;
  /** You are asked whether what is written here may go to an assistant. */
  "assistant:consent_requested": AssistantConsentRequested;
  /** An answer ended before it was complete; what there is of it stands in the log. */
  "assistant:failed": AssistantFailed;
  /** An assistant writes no longer. */
  "assistant:stop_typing": AssistantStopTyping;
  /** An assistant is about to answer. */
  "assistant:typing": AssistantTyping;
  /** Everything up to here reached somebody. */
  "chat:delivered": ChatDelivered;
  /** A member's first session entered the room. */
  "chat:member_joined": ChatMemberJoined;
  /** A member's last session left the room. */
  "chat:member_left": ChatMemberLeft;
  /** Somebody wrote. */
  "chat:message": ChatMessage;
  /** A message was taken back. */
  "chat:redacted": ChatRedacted;
  /** Somebody has seen everything up to here. */
  "chat:seen": ChatSeen;
  /** Somebody has stopped writing. */
  "chat:stop_typing": ChatStopTypingHeard;
  /** Somebody is writing. */
  "chat:typing": ChatTypingHeard;
  /** You are let in. */
  "consultation:admitted": ConsultationAdmitted;
  /** A consultation of yours was made. */
  "consultation:created": ConsultationCreated;
  /** You are not let in. */
  "consultation:denied": ConsultationDenied;
  /** The visit is over. */
  "consultation:ended": ConsultationEnded;
  /** You are back in the waiting room. */
  "consultation:held": ConsultationHeld;
  /** Somebody waits no longer: let in, sent away, or gone. */
  "consultation:left_waiting": ConsultationLeftWaiting;
  /** The doctor and somebody else are in the call. */
  "consultation:started": ConsultationStarted;
  /** A consultation of yours has changed. */
  "consultation:updated": ConsultationUpdated;
  /** Somebody waits for you to admit them. */
  "consultation:waiting": ConsultationWaiting;
  /** A conversation of yours was made. */
  "conversation:created": ConversationCreated;
  /** A conversation of yours was deleted, with everything in it. */
  "conversation:deleted": ConversationDeleted;
  /** A conversation of yours has changed: its title, its last message, what is unread. */
  "conversation:updated": ConversationUpdated;
  /** An event that did not ask for an acknowledgement was refused. */
  "error": ErrorEvent;
  /** Somebody whom you watch can be reached in another way. */
  "presence:changed": PresenceChanged;
  /** A recording stands elsewhere now. */
  "recording:changed": RecordingChanged;
  /** You are asked to agree to a recording. */
  "recording:consent_requested": RecordingConsentRequested;
  /** A row of the room's log that has no event of its own. */
  "room:event": RoomEventHeard;
  /** The server is about to end this session. */
  "session:closing": SessionClosing;
  /** The token expires in a minute. */
  "session:expiring": SessionExpiring;
  /** Still here; this is how far the joined rooms have come. */
  "session:heartbeat": SessionHeartbeat;
  /** The first event of a session, and the first after the replay of a resumed one. */
  "session:ready": SessionReady;
  /** A peer answers your offer. */
  "webrtc:answer": WebrtcAnswerHeard;
  /** A way to reach a peer. */
  "webrtc:ice_candidate": WebrtcIceCandidateHeard;
  /** Renewed ICE servers. */
  "webrtc:ice_servers": WebrtcIceServersRenewed;
  /** What a peer sends now. */
  "webrtc:media_state": WebrtcMediaStateHeard;
  /** A peer offers you a session. */
  "webrtc:offer": WebrtcOfferHeard;
  /** Someone's connection broke; keep the call. */
  "webrtc:peer_away": WebrtcPeerAway;
  /** They are back. */
  "webrtc:peer_back": WebrtcPeerBack;
  /** Someone entered the call. */
  "webrtc:peer_joined": WebrtcPeerJoined;
  /** Someone left the call. */
  "webrtc:peer_left": WebrtcPeerLeft;
}
