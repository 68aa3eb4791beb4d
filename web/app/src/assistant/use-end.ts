import { type RefObject, useLayoutEffect, useRef } from "react";

/** As near to the end as counts as being there, in pixels. */
const NEAR_END = 80;

/** A list that grows at its end: whoever looks at the end stays there, whoever has gone up is left in peace. */
export function useEnd<T extends HTMLElement>(what: unknown): [RefObject<T | null>, () => void] {
  const element = useRef<T>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    const list = element.current;
    if (list && isAtEnd.current) list.scrollTop = list.scrollHeight;
  }, [what]);
  const scrolled = () => {
    const list = element.current;
    if (list) isAtEnd.current = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END;
  };
  return [element, scrolled];
}
