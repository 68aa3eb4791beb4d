/** Times and lengths of time in words. */
import { useEffect, useState } from "react";

const MINUTE_MS = 60_000;

export const clockTime = (language: string, at: string | number | Date): string =>
  new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" }).format(new Date(at));

export const day = (language: string, at: string | number | Date): string =>
  new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" }).format(new Date(at));

export const dayAndTime = (language: string, at: string | number | Date): string =>
  new Intl.DateTimeFormat(language, {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "numeric",
    minute: "2-digit",
  }).format(new Date(at));

export function isSameDay(one: string | number | Date, other: string | number | Date): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

/** Whole minutes from one time to another, never below zero: clocks differ by a little. */
export const minutesBetween = (from: string | number, to: number): number =>
  Math.max(0, Math.floor((to - new Date(from).getTime()) / MINUTE_MS));

/** A length of time as a clock counts it: `2:05`, `1:02:05`. */
export function lengthOfTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const tail = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
}

/** The time, told anew every so often, and at once when the page is looked at again. */
export function useNow(everyMs = 15_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const tick = () => setNow(Date.now());
    const timer = setInterval(tick, everyMs);
    document.addEventListener("visibilitychange", tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", tick);
    };
  }, [everyMs]);
  return now;
}
