/** One file on its way to the server: how far it is, and the way to stop it or to try again. */
import type { Attachment } from "../generated/events.js";
import { randomId } from "../instance.js";
import { Refused } from "../refused.js";
import { refusalIn } from "../rest.js";
import { type Observable, Value } from "../state.js";
import type { Tokens } from "../token.js";

export interface UploadState {
  readonly status: "sending" | "done" | "failed" | "cancelled";
  readonly sentBytes: number;
  readonly totalBytes: number;
  /** What the server made of it, once it is done: to be given to `room.send`. */
  readonly attachment: Attachment | null;
  /** With `failed`: why. */
  readonly error: Refused | null;
}

/** Without a byte for so long the way is broken, whatever the browser thinks. */
const STALLED_MS = 30_000;

export class Upload {
  /** The same for each try: the server stores the file once. */
  readonly id = randomId();
  readonly file: File;
  readonly #url: string;
  readonly #tokens: Tokens;
  readonly #state: Value<UploadState>;
  #request: XMLHttpRequest | null = null;

  constructor(url: string, file: File, tokens: Tokens) {
    [this.#url, this.file, this.#tokens] = [url, file, tokens];
    this.#state = new Value<UploadState>({
      status: "sending",
      sentBytes: 0,
      totalBytes: file.size,
      attachment: null,
      error: null,
    });
    void this.#send();
  }

  get state(): Observable<UploadState> {
    return this.#state;
  }

  /** Stop it. What has arrived so far is thrown away there. */
  cancel(): void {
    if (this.#state.get().status === "done") return;
    this.#state.patch({ status: "cancelled", error: null });
    this.#request?.abort();
  }

  /** Try again what failed. */
  retry(): void {
    if (this.#state.get().status !== "failed") return;
    this.#state.patch({ status: "sending", sentBytes: 0, error: null });
    void this.#send();
  }

  async #send(): Promise<void> {
    try {
      const attachment = await this.#try(await this.#tokens.current()).catch(async (thrown: unknown) => {
        if (!Refused.of(thrown).aboutToken || !this.#tokens.renewable) throw thrown;
        return this.#try(await this.#tokens.renewed());
      });
      this.#state.patch({ status: "done", sentBytes: this.file.size, attachment });
    } catch (thrown) {
      if (this.#state.get().status === "sending")
        this.#state.patch({ status: "failed", error: Refused.of(thrown) });
    }
  }

  /** `fetch` does not say how far it is. */
  #try(token: string): Promise<Attachment> {
    return new Promise((resolve, reject) => {
      if (this.#state.get().status !== "sending")
        return reject(new Refused("closed", "the upload was cancelled"));
      const request = new XMLHttpRequest();
      this.#request = request;
      const fail = (refused: Refused): void => reject(refused);
      let timer: ReturnType<typeof setTimeout> | undefined;
      const moves = (): void => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          fail(new Refused("timeout", "nothing moved for a while"));
          request.abort();
        }, STALLED_MS);
      };
      request.open("POST", this.#url);
      request.setRequestHeader("authorization", `Bearer ${token}`);
      request.setRequestHeader("idempotency-key", this.id);
      request.responseType = "json";
      request.upload.onprogress = ({ loaded }) => {
        moves();
        // The form around the file is a little longer than the file.
        this.#state.patch({ sentBytes: Math.min(loaded, this.file.size) });
      };
      request.onload = () => {
        const body = request.response as unknown;
        if (request.status >= 200 && request.status < 300 && body !== null) resolve(body as Attachment);
        else fail(refusalIn(request.status, body));
      };
      request.onerror = () => fail(new Refused("closed", "the server cannot be reached"));
      request.onabort = () => fail(new Refused("closed", "the upload was cancelled"));
      request.onloadend = () => clearTimeout(timer);
      moves();
      const form = new FormData();
      form.append("file", this.file, this.file.name);
      request.send(form);
    });
  }
}
