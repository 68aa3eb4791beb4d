/** Give a file to the browser, which puts it where it puts downloads. */

/** The browser has begun by then; the bytes need not be kept longer. */
const FORGET_MS = 60_000;

export function saveBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), FORGET_MS);
}
