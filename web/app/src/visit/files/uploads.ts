/** Files that were picked for the next message of a room. They go on being sent while the chat is closed. */
import type { Bedside, Upload } from "@bedside/client";
import { type Store, createStore } from "../../store";

/** More at once nobody can look over; a next message takes the next ones. */
export const MOST_FILES = 10;

const all = new Map<string, Store<readonly Upload[]>>();

export function uploadsOf(roomId: string): Store<readonly Upload[]> {
  let uploads = all.get(roomId);
  if (!uploads) {
    uploads = createStore<readonly Upload[]>([]);
    all.set(roomId, uploads);
  }
  return uploads;
}

/** Why some of the files that were picked are not sent. */
export type Left = { why: "tooMany" } | { why: "empty"; name: string } | null;

export function addFiles(client: Bedside, roomId: string, files: readonly File[]): Left {
  const uploads = uploadsOf(roomId);
  const empty = files.find(({ size }) => size === 0);
  const whole = files.filter(({ size }) => size > 0);
  const room = MOST_FILES - uploads.get().length;
  const fresh = whole.slice(0, Math.max(0, room)).map((file) => client.files.upload(roomId, file));
  if (fresh.length > 0) uploads.set([...uploads.get(), ...fresh]);
  if (whole.length > room) return { why: "tooMany" };
  return empty ? { why: "empty", name: empty.name } : null;
}

/** Take one out again; what is on its way is stopped. */
export function removeUpload(roomId: string, upload: Upload): void {
  upload.cancel();
  const uploads = uploadsOf(roomId);
  uploads.set(uploads.get().filter((each) => each !== upload));
}
