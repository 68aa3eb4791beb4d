import type { CallPeer } from "@bedside/client";
import { type Key, useTexts } from "../texts/texts";
import { Icon } from "../ui/icon";

/** How it goes, in words, by the connection that goes worst. */
export function CallWords({ peers }: { peers: readonly CallPeer[] }) {
  const { t } = useTexts();
  const word = worst(peers);
  return (
    <p className={`call__words call__words--${word}`} role="status">
      <Icon name="signal" />
      <span>{t(`quality.${word}` as Key)}</span>
    </p>
  );
}

const ORDER = ["failed", "interrupted", "connecting", "poor", "fair", "unknown", "good"] as const;
type Word = (typeof ORDER)[number] | "alone";

export const wordOf = ({ connection, quality }: CallPeer): (typeof ORDER)[number] =>
  connection === "connected" ? quality : connection;

export function worst(peers: readonly CallPeer[]): Word {
  const words = peers.map(wordOf);
  return ORDER.find((word) => words.includes(word)) ?? "alone";
}
