import type { ReactNode } from "react";

/** Something is under way, said in words. */
export function Waiting({ children }: { children: ReactNode }) {
  return (
    <p className="waiting-words" role="status">
      <span className="spinner" aria-hidden="true" />
      <span>{children}</span>
    </p>
  );
}
