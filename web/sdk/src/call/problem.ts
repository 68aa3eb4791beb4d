/** Why a device cannot be had, in words that can be said to people. */
import type { MediaProblem } from "./state.js";

export function problemOf(error: unknown, device: MediaProblem["device"]): MediaProblem {
  return { kind: kindOf(error), device };
}

/** Browsers say it by the names of their exceptions (W3C Media Capture and Streams section 10.2). */
function kindOf(error: unknown): MediaProblem["kind"] {
  switch (error instanceof Error || error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
      return "blocked";
    case "NotFoundError":
    case "OverconstrainedError":
      return "none";
    case "NotReadableError":
    case "AbortError":
      return "in_use";
    case "SecurityError":
      return "insecure";
    default:
      return "failed";
  }
}
