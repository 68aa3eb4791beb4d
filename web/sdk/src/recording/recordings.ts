/** What was recorded: lists, details, leave to play, deletion. */
import type { Recording } from "../generated/events.js";
import type { components } from "../generated/rest.js";
import { type Send, baseOf } from "../rest.js";

/** A recording, who agreed to it, and what can be played of it. */
export type RecordingDetails = components["schemas"]["RecordingDetails"];
/** What one participant sent, for as long as codec and connection stayed the same. */
export type RecordingFile = components["schemas"]["RecordingFile"];
/** What somebody decided, and when. */
export type ConsentGiven = components["schemas"]["ConsentGiven"];

/** The leave to play is good for ten minutes. */
const RENEW_MS = 5 * 60_000;
/** Where it could not be renewed it is tried again soon. */
const RETRY_MS = 10_000;

/** Leave to play a recording, for as long as it is not closed. */
export interface Playing {
  close(): void;
}

export class Recordings {
  readonly #base: string;
  readonly #send: Send;

  constructor(url: string, send: Send) {
    [this.#base, this.#send] = [baseOf(url), send];
  }

  /** The recordings of a consultation, oldest first. */
  async list(roomId: string): Promise<readonly Recording[]> {
    const answer = await this.#ask("GET", `consultations/${encodeURIComponent(roomId)}/recordings`);
    return ((await answer.json()) as { items: readonly Recording[] }).items;
  }

  async get(recordingId: string): Promise<RecordingDetails> {
    const answer = await this.#ask("GET", `recordings/${encodeURIComponent(recordingId)}`);
    return (await answer.json()) as RecordingDetails;
  }

  /** Delete it for good: its key is destroyed. */
  async remove(recordingId: string): Promise<void> {
    await this.#ask("DELETE", `recordings/${encodeURIComponent(recordingId)}`);
  }

  /**
   * Ask for leave to play it: media elements send no token, so the server gives this browser a cookie that opens nothing
   * but this recording's media, for some minutes. It is renewed until `close()`.
   */
  async play(recordingId: string): Promise<Playing> {
    const path = `recordings/${encodeURIComponent(recordingId)}/play`;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isClosed = false;
    const again = (afterMs: number): void => {
      if (!isClosed) timer = setTimeout(() => void renew(), afterMs);
    };
    const renew = async (): Promise<void> => {
      const isRenewed = await this.#ask("POST", path).then(
        () => true,
        () => false,
      );
      again(isRenewed ? RENEW_MS : RETRY_MS);
    };
    await this.#ask("POST", path);
    again(RENEW_MS);
    return {
      close: () => {
        isClosed = true;
        clearTimeout(timer);
      },
    };
  }

  /** Where a file of a recording is played from, once there is leave to. */
  addressOf({ url }: { url: string }): string {
    return new URL(url, `${this.#base}/`).href;
  }

  #ask(method: string, path: string): Promise<Response> {
    return this.#send(new Request(`${this.#base}/api/v1/${path}`, { method }));
  }
}
