/** A list that grows at its end: whoever looks at the end stays there, whoever has gone up is left in peace. */
import { type RefObject, useLayoutEffect, useRef, useState } from "react";

/** As near to the end as counts as being there, in pixels. */
const NEAR_END = 80;

export interface End {
  list: RefObject<HTMLDivElement | null>;
  /** To be told when it is scrolled. */
  scrolled: () => void;
  /** Whether something has come at the end since one went up. */
  hasBelow: boolean;
  toEnd: () => void;
  /** Put more before its beginning: what one looks at stays where it is. */
  grow: (before: () => Promise<unknown>) => Promise<void>;
}

/** `what` is another value whenever the list is longer. */
export function useEnd(what: unknown): End {
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [hasBelow, setBelow] = useState(false);

  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return undefined;
    if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    else setBelow(true);
    // Pictures and a machine's words grow after they were put there.
    const grown = new ResizeObserver(() => {
      if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    });
    for (const child of element.children) grown.observe(child);
    return () => grown.disconnect();
  }, [what]);

  const scrolled = () => {
    const element = list.current;
    if (!element) return;
    isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
    if (isAtEnd.current) setBelow(false);
  };
  const toEnd = () => {
    const element = list.current;
    if (element) element.scrollTop = element.scrollHeight;
  };
  const grow = async (before: () => Promise<unknown>) => {
    const element = list.current;
    const fromEnd = element ? element.scrollHeight - element.scrollTop : 0;
    isAtEnd.current = false;
    await before();
    requestAnimationFrame(() => {
      if (element) element.scrollTop = element.scrollHeight - fromEnd;
    });
  };
  return { list, scrolled, hasBelow, toEnd, grow };
}
