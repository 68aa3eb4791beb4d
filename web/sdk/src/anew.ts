/** How long to wait for a page's former self. */

/** A machine that is busy takes its time to put a page away that is loaded anew. */
const FORMER_SELF_MS = 3_000;

/** Whether this page has been loaded anew, as far as the platform says. */
function isLoadedAnew(): boolean {
  const [entry] = globalThis.performance?.getEntriesByType?.("navigation") ?? [];
  return (entry as PerformanceNavigationTiming | undefined)?.type === "reload";
}

/** So long something may be held by a page that is going; `otherwise` where there is no sign that one is. */
export const patienceMs = (otherwise: number): number =>
  isLoadedAnew() ? Math.max(FORMER_SELF_MS, otherwise) : otherwise;
