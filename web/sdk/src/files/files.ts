/** Files of messages. */
import { Refused } from "../refused.js";
import { type Send, baseOf } from "../rest.js";
import type { Tokens } from "../token.js";
import { Upload } from "./upload.js";

export interface DownloadOptions {
  signal?: AbortSignal;
  /** How far it is. */
  onProgress?: (receivedBytes: number) => void;
}

export class Files {
  readonly #base: string;
  readonly #tokens: Tokens;
  readonly #send: Send;

  constructor(url: string, tokens: Tokens, send: Send) {
    [this.#base, this.#tokens, this.#send] = [baseOf(url), tokens, send];
  }

  /** Begin to bring a file to a room. Nobody sees it before a message names it. */
  upload(roomId: string, file: File): Upload {
    const path = `/api/v1/consultations/${encodeURIComponent(roomId)}/attachments`;
    return new Upload(this.#base + path, file, this.#tokens);
  }

  /** A file of a message, as its bytes with their type. */
  async download(attachmentId: string, { signal, onProgress }: DownloadOptions = {}): Promise<Blob> {
    const address = `${this.#base}/api/v1/attachments/${encodeURIComponent(attachmentId)}`;
    const answer = await this.#send(new Request(address, signal ? { signal } : {}));
    const type = answer.headers.get("content-type") ?? "application/octet-stream";
    const pieces: BlobPart[] = [];
    let received = 0;
    try {
      const reader = answer.body?.getReader();
      for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
        pieces.push(piece.value as BlobPart);
        received += piece.value.byteLength;
        onProgress?.(received);
      }
    } catch (thrown) {
      throw Refused.of(thrown);
    }
    return new Blob(pieces, { type });
  }
}
