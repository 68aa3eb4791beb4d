/** 128 random bits. Unlike `crypto.randomUUID` it works where the page did not come by HTTPS, too. */
export function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
