/** The pictures of docs/pictures: where they go, and people worth looking at. */
import { mkdir, stat, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { Somebody } from "./people.js";

const FOLDER = process.env["BEDSIDE_PICTURES"] ?? fileURLToPath(new URL("../../../docs/pictures/", import.meta.url));
/** As small as a laptop's window is with the chat beside the pictures. */
export const LAPTOP = { width: 1120, height: 630 };
export const PHONE = { width: 360, height: 720 };
/** A page of documents is not to load for longer than it is read. */
const MOST_BYTES = 150_000;

/** A camera that sees somebody, rather than the browsers' test card. */
export function portray(): void {
  if (!("mediaDevices" in navigator)) return;
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  const draw = (canvas: HTMLCanvasElement) => {
    const context = canvas.getContext("2d");
    if (!context) return;
    context.fillStyle = "#b7cfcb";
    context.fillRect(0, 0, 640, 480);
    for (const [colour, x, y, width, height] of [
      ["#2f5d62", 320, 500, 190, 190],
      ["#e0b090", 320, 330, 45, 70],
      ["#4a3728", 320, 205, 92, 110],
      ["#e8bd9f", 320, 225, 76, 96],
    ] as const) {
      context.fillStyle = colour;
      context.beginPath();
      context.ellipse(x, y, width, height, 0, 0, Math.PI * 2);
      context.fill();
    }
  };
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    const [track] = stream.getVideoTracks();
    if (!track) return stream;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [640, 480];
    setInterval(() => draw(canvas), 100);
    const [drawn] = canvas.captureStream(10).getVideoTracks();
    if (!drawn) return stream;
    stream.removeTrack(track);
    stream.addTrack(drawn);
    return stream;
  };
}

/** Keep what somebody sees. */
export async function picture({ tab }: Somebody, name: string): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const path = `${FOLDER}/${name}.png`;
  await writeFile(path, await tab.picture());
  expect((await stat(path)).size, name).toBeLessThanOrEqual(MOST_BYTES);
}
