/** The player of a past visit, looked at while it plays. */
import type { RecordingDetails } from "@bedside/client";
import type { Somebody } from "./people.js";

type File = RecordingDetails["files"][number];

/** What was seen of it, with each frame that the browser drew. */
export interface Followed {
  /** Which files have played, from where to where. */
  played: Record<string, { fromMs: number; toMs: number }>;
  /** Those that play at the moment, from when one asked. */
  step: Step | null;
}

/** All times are the recording's own. */
export interface Step {
  /** How many play. */
  many: number;
  beganMs: number | null;
  /** From when on all were together for a second. */
  settledMs: number | null;
  /** The farthest that any were from each other in that second. */
  apartMs: number;
  isOver: boolean;
}

/** No two voices that are in step are farther apart. */
const TOGETHER_MS = 100;

declare global {
  interface Window {
    followed: Followed;
  }
}

/** Look from now on. */
export function follow({ tab }: Somebody, files: readonly File[]): Promise<void> {
  const starts = files.map(({ url, startsAtMs }) => ({ url, startsAtMs }));
  return tab.run(look, { starts, togetherMs: TOGETHER_MS });
}

/** Runs in the page. */
function look({ starts, togetherMs }: { starts: Pick<File, "url" | "startsAtMs">[]; togetherMs: number }): void {
  const followed: Followed = { played: {}, step: null };
  window.followed = followed;
  /** Where those are that play now. */
  const places = (): number[] =>
    [...document.querySelectorAll("video")].flatMap((video) => {
      const file = starts.find(({ url }) => video.src.endsWith(url));
      if (!file || video.paused || video.seeking || video.readyState < 3) return [];
      const atMs = video.currentTime * 1_000;
      const { fromMs, toMs } = followed.played[file.url] ?? { fromMs: atMs, toMs: atMs };
      followed.played[file.url] = { fromMs: Math.min(fromMs, atMs), toMs: Math.max(toMs, atMs) };
      return [file.startsAtMs + atMs];
    });
  const frame = (): void => {
    requestAnimationFrame(frame);
    const now = places();
    const { step } = followed;
    if (!step || step.isOver || now.length !== step.many) return;
    const [first, last] = [Math.min(...now), Math.max(...now)];
    step.beganMs ??= first;
    if (last - first > togetherMs) {
      [step.settledMs, step.apartMs] = [null, 0];
      return;
    }
    step.settledMs ??= first;
    step.apartMs = Math.max(step.apartMs, last - first);
    step.isOver = first > step.settledMs + 1_000;
  };
  frame();
}

/** So many play from now on, and have done so together for a second. */
export async function inStep({ tab }: Somebody, many: number): Promise<{ [K in keyof Step]: NonNullable<Step[K]> }> {
  await tab.run((many) => {
    window.followed.step = { many, beganMs: null, settledMs: null, apartMs: 0, isOver: false };
  }, many);
  const step = await tab.until(() => window.followed.step?.isOver === true && window.followed.step);
  return { ...(step as Step), beganMs: (step as Step).beganMs ?? 0, settledMs: (step as Step).settledMs ?? 0 };
}

/** The player goes to this place, in milliseconds. */
export const seek = ({ tab }: Somebody, toMs: number): Promise<void> =>
  tab.find("slider", "Position").fill(String(Math.round(toMs / 100) * 100));
