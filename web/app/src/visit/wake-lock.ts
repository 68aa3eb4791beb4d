/** Keeps the screen of a phone awake: one that sleeps takes the page, and the place in the queue, with it. */
import { useEffect } from "react";

export function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    let isCurrent = true;
    const take = async () => {
      if (document.hidden || !("wakeLock" in navigator)) return;
      // Refused with little battery left; the visit goes on without it.
      const taken = await navigator.wakeLock.request("screen").catch(() => null);
      if (isCurrent) lock = taken;
      else void taken?.release();
    };
    void take();
    // It is taken away from a hidden page, and has to be taken anew.
    document.addEventListener("visibilitychange", take);
    return () => {
      isCurrent = false;
      document.removeEventListener("visibilitychange", take);
      void lock?.release();
    };
  }, []);
}
