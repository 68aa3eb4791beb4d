/** `@bedside/client/react`: the hooks. */
export { BedsideProvider, type BedsideProviderProps, type SharedOptions } from "./context.js";
export {
  type Chat,
  type Connected,
  type ConsultationList,
  type HookOptions,
  type Presences,
  type Visit,
  useBedside,
  useChat,
  useConsultation,
  useConsultations,
  usePresence,
} from "./hooks.js";
export { type CallOfRoom, useCall } from "./useCall.js";
export { type AssistantOfRoom, useAssistant } from "./useAssistant.js";
export { type ConversationsOfUser, useConversations } from "./useConversations.js";
export { useObservable } from "./observe.js";
export { type RecordingOfRoom, type RecordingOptions, useRecording } from "./useRecording.js";
