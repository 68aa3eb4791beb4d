/** The call, as the package gives it out. */
export { Call } from "./call.js";
export { LocalDevices, type LocalDevicesState } from "./check.js";
export type { Choice } from "./local.js";
export type { CallConnection } from "./port.js";
export type {
  CallPeer,
  CallState,
  CallStats,
  CallStatus,
  DeviceKind,
  Devices,
  LocalMedia,
  MediaProblem,
  PeerConnectionState,
  Quality,
} from "./state.js";
