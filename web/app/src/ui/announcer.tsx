/**
 * What a screen reader is told besides what has the focus. The two regions stand from the start, else they are not heard;
 * each announcement is a line of its own, so that two at once, or the same one twice, are both read.
 */
import { type Store, createStore, useReadable } from "../store";

interface Line {
  id: number;
  text: string;
}

/** Older lines have been read long ago. */
const MAX_LINES = 5;

const polite = createStore<readonly Line[]>([]);
const urgent = createStore<readonly Line[]>([]);
let count = 0;

export function announce(text: string, how: "polite" | "urgent" = "polite"): void {
  const region = how === "urgent" ? urgent : polite;
  count += 1;
  region.set([...region.get(), { id: count, text }].slice(-MAX_LINES));
}

export function Announcer() {
  return (
    <div className="unseen">
      <div aria-live="polite" aria-relevant="additions">
        <Lines of={polite} />
      </div>
      <div aria-live="assertive" aria-relevant="additions">
        <Lines of={urgent} />
      </div>
    </div>
  );
}

function Lines({ of }: { of: Store<readonly Line[]> }) {
  return useReadable(of).map(({ id, text }) => <p key={id}>{text}</p>);
}
