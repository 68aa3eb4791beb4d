/** Tokens of any age, signed with the secret that the server was given. */
import { createHmac } from "node:crypto";

export const SECRET = "a secret that only this test and its server know";

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

export function signed(sub: string, role: string, livesMs: number): string {
  const exp = Math.floor((Date.now() + livesMs) / 1_000);
  const body = `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url({ sub, role, exp })}`;
  return `${body}.${createHmac("sha256", SECRET).update(body).digest("base64url")}`;
}
