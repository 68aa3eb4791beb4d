/** What the browser keeps for us. Every access may throw: storage can be switched off, or be full. */

export type Drawer = "tab" | "device";

function drawer(which: Drawer): Storage {
  return which === "tab" ? window.sessionStorage : window.localStorage;
}

export function read(which: Drawer, key: string): string | null {
  try {
    return drawer(which).getItem(key);
  } catch {
    return null;
  }
}

/** Says whether it was kept. Nothing here is worth an error: the page works on with what it holds in memory. */
export function keep(which: Drawer, key: string, value: string | null): boolean {
  try {
    if (value === null) drawer(which).removeItem(key);
    else drawer(which).setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

export function readJson<T>(which: Drawer, key: string, isValid: (value: unknown) => value is T): T | null {
  const text = read(which, key);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isValid(value) ? value : null;
  } catch {
    return null;
  }
}
