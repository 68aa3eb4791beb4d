/** A recorded file as a browser plays it, from the server and with ranges. */
import type { RecordingDetails } from "@bedside/client";
import type { Browser } from "./browser.js";

export interface Played {
  readonly durationS: number;
  readonly width: number;
  readonly height: number;
  /** Where it was after it had been told to go to the middle. */
  readonly soughtToS: number;
  readonly endedAtS: number;
  /** Pictures that were shown. */
  readonly frames: number;
}

/** Play a file: go to its middle, and on to its end. */
export async function played(
  browser: Browser,
  server: string,
  token: string,
  recordingId: string,
  file: RecordingDetails["files"][number],
): Promise<Played> {
  const profile = await browser.profile();
  try {
    const tab = await profile.tab();
    // Its leave to play is a cookie, so the page has to be one of the server's.
    await tab.open(`${server}/healthz`);
    return await tab.run(play, { leave: `/api/v1/recordings/${recordingId}/play`, token, url: file.url });
  } finally {
    await profile.close();
  }
}

async function play({ leave, token, url }: { leave: string; token: string; url: string }): Promise<Played> {
  const answer = await fetch(leave, { method: "POST", headers: { authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`${leave}: ${answer.status}`);
  const video = document.createElement("video");
  document.body.append(video);
  const failed = new Promise<never>((_, reject) => {
    video.addEventListener("error", () => reject(new Error(`${video.error?.code}: ${video.error?.message}`)));
    setTimeout(() => reject(new Error(`it stands at ${video.currentTime} of ${video.duration}`)), 60_000);
  });
  const happens = (event: string): Promise<unknown> =>
    Promise.race([new Promise((resolve) => video.addEventListener(event, resolve, { once: true })), failed]);
  video.muted = true;
  video.src = url;
  await happens("loadedmetadata");
  const { duration: durationS, videoWidth: width, videoHeight: height } = video;
  video.currentTime = durationS / 2;
  await happens("seeked");
  const soughtToS = video.currentTime;
  const end = happens("ended");
  await video.play();
  await end;
  const frames = video.getVideoPlaybackQuality().totalVideoFrames;
  return { durationS, width, height, soughtToS, endedAtS: video.currentTime, frames };
}
