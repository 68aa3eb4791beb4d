import type { Upload } from "@bedside/client";
import { useCallback, useSyncExternalStore } from "react";

/** Whether each of them has arrived. */
export function useAllDone(uploads: readonly Upload[]): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const endings = uploads.map(({ state }) => state.subscribe(listener));
      return () => endings.forEach((end) => end());
    },
    [uploads],
  );
  return useSyncExternalStore(subscribe, () => uploads.every(({ state }) => state.get().status === "done"));
}
