/** REST, typed from the server's own description: with the token, and with refusals thrown. */
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./generated/rest.js";
import type { Refusal } from "./generated/events.js";
import { randomId } from "./instance.js";
import { Refused } from "./refused.js";
import type { Tokens } from "./token.js";

/** `rest.GET("/api/v1/…")` and so on, as openapi-fetch has them. Whatever is not a success is thrown as `Refused`. */
export type RestClient = Client<paths, "application/json">;

/** How long a request and its answer may take. */
const REQUEST_MS = 15_000;
/** A request that makes something is sent again so often where no answer came; the server does it once. */
const TRIES = 3;

/** A request with the token; whatever is not a success is thrown as `Refused`. */
export type Send = (request: Request) => Promise<Response>;

export function sender(tokens: Tokens): Send {
  return async (request) => {
    const again = request.clone();
    const answer = await fetched(request, await tokens.current());
    const expired = answer.status === 401 && tokens.renewable;
    const told = expired ? await fetched(again, await tokens.renewed()) : answer;
    if (!told.ok) throw await refusalOf(told);
    return told;
  };
}

export function restClient(url: string, send: Send): RestClient {
  return createClient<paths, "application/json">({ baseUrl: baseOf(url), fetch: send });
}

/** An address to which a path can be added. */
export const baseOf = (url: string): string => url.replace(/\/$/, "");

/** The body of a success. Refusals were thrown before. */
export async function given<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  if (data === undefined) throw new Refused("internal", "the answer is empty");
  return data;
}

async function fetched(request: Request, token: string): Promise<Response> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), REQUEST_MS);
  const stop = (): void => patience.abort();
  request.signal.addEventListener("abort", stop, { once: true });
  request.headers.set("authorization", `Bearer ${token}`);
  try {
    return await fetch(new Request(request, { signal: patience.signal }));
  } catch (thrown) {
    if (patience.signal.aborted) throw new Refused("timeout", "no answer came in time");
    throw new Refused("closed", `the server cannot be reached (${Refused.of(thrown).message})`);
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener("abort", stop);
  }
}

type Problem = components["schemas"]["Problem"];

const refusalOf = async (answer: Response): Promise<Refused> =>
  refusalIn(answer.status, await answer.json().catch(() => null));

/** What an answer says that is no success. */
export function refusalIn(status: number, body: unknown): Refused {
  const problem = body as Problem | null;
  // A proxy in between has pages of its own.
  if (!problem?.code) return new Refused("unavailable", `the server answered ${status}`);
  const { code, detail: message, ...more } = problem;
  return Refused.from({ code, message, ...more } as Refusal);
}

/** Do something that must not be done twice, though the answer may be lost. */
export async function once<T>(
  request: (header: { "Idempotency-Key": string }) => Promise<{ data?: T }>,
): Promise<T> {
  const header = { "Idempotency-Key": randomId() };
  for (let tries = 1; ; tries += 1) {
    try {
      return await given(request(header));
    } catch (thrown) {
      const { code } = Refused.of(thrown);
      if (tries === TRIES || (code !== "closed" && code !== "timeout")) throw thrown;
    }
  }
}
