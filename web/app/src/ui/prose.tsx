/** What people wrote, as text. Addresses of the web become links; nothing else becomes anything. */
import { Fragment } from "react";

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+/giu;
/** What ends a sentence rather than an address. */
const TRAILING = /[.,;:!?)\]}»”’]+$/u;

export interface Piece {
  text: string;
  href?: string;
}

export function pieces(content: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of content.matchAll(ADDRESS)) {
    const text = match[0].replace(TRAILING, "");
    const href = webAddress(text);
    if (href === null) continue;
    if (match.index > from) found.push({ text: content.slice(from, match.index) });
    found.push({ text, href });
    from = match.index + text.length;
  }
  if (from < content.length) found.push({ text: content.slice(from) });
  return found;
}

/** The address, where it is one of the web and does not pretend to be another one; else null. */
export function webAddress(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  // A name before an @ makes an address look like another one.
  const isHonest = url.username === "" && url.password === "";
  return isHonest && (url.protocol === "https:" || url.protocol === "http:") ? url.href : null;
}

export function Prose({ children }: { children: string }) {
  return (
    <span className="prose" dir="auto">
      {pieces(children).map(({ text, href }, index) =>
        href === undefined ? (
          <Fragment key={index}>{text}</Fragment>
        ) : (
          <a key={index} href={href} target="_blank" rel="noopener noreferrer">
            {text}
          </a>
        ),
      )}
    </span>
  );
}
