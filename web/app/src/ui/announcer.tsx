/** What a screen reader is told besides what has the focus. The two regions stand from the start, else they are not heard. */
import { createStore, useReadable } from "../store";

const polite = createStore("");
const urgent = createStore("");

/** A space at the end makes the same words heard twice. */
const again = (before: string, text: string) => (before === text ? `${text}\u00a0` : text);

export function announce(text: string, how: "polite" | "urgent" = "polite"): void {
  const region = how === "urgent" ? urgent : polite;
  region.set(again(region.get(), text));
}

export function Announcer() {
  return (
    <div className="unseen">
      <div aria-live="polite">{useReadable(polite)}</div>
      <div aria-live="assertive">{useReadable(urgent)}</div>
    </div>
  );
}
