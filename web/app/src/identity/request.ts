/** The few requests that come before there is a token; everything later goes through the client library. */
import { Refused, type RefusedCode } from "@bedside/client";

/** Nobody looks at a page that does nothing for longer. */
const REQUEST_MS = 15_000;

interface Ask {
  method?: "GET" | "POST";
  body?: unknown;
  token?: string;
}

export async function request<T>(path: string, { method = "GET", body, token }: Ask = {}): Promise<T> {
  const headers = new Headers({ Accept: "application/json" });
  if (body !== undefined) headers.set("Content-Type", "application/json");
  if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(REQUEST_MS),
    });
  } catch (thrown) {
    const isSlow = thrown instanceof DOMException && thrown.name === "TimeoutError";
    throw new Refused(isSlow ? "timeout" : "closed", "the server could not be reached");
  }
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) throw refusal(response.status, answer);
  return answer as T;
}

/** What a problem says. A proxy in between may answer with something else, or with nothing. */
function refusal(status: number, answer: unknown): Refused {
  const problem = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
  if (typeof problem["code"] !== "string") {
    return new Refused(status === 404 ? "not_found" : "unavailable", `the server answered ${status}`);
  }
  return new Refused(problem["code"] as RefusedCode, String(problem["detail"] ?? problem["title"] ?? ""), {
    ...(typeof problem["retryAfterMs"] === "number" && { retryAfterMs: problem["retryAfterMs"] }),
  });
}
