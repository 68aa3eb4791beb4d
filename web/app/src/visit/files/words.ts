/** Files in words: how large, of what kind, what is wrong. Pure. */
import type { RefusedCode } from "@bedside/client";
import { problemKey } from "../../texts/problem";
import type { Key } from "../../texts/texts";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

export function sizeInWords(bytes: number, language: string): string {
  const power = Math.min(UNITS.length - 1, bytes > 0 ? Math.floor(Math.log10(bytes) / 3) : 0);
  const value = bytes / 1_000 ** power;
  const style = { style: "unit", unit: UNITS[power] ?? "byte", unitDisplay: "short" } as const;
  return new Intl.NumberFormat(language, {
    ...style,
    maximumFractionDigits: value < 10 && power > 0 ? 1 : 0,
  }).format(value);
}

/** As people call kinds of files: by the end of their names, or else by the type's second half. */
export function kindInWords(name: string, contentType: string): string {
  const end = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1];
  return (end ?? contentType.split(/[/;]/)[1] ?? contentType).toUpperCase();
}

/** Pictures that every browser shows. What draws itself by script (SVG) is not among them. */
const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
/** A larger one is fetched only when somebody asks for it: it may come over a phone's network. */
const PREVIEW_BYTES = 5_000_000;

export const isPreviewed = ({ contentType, bytes }: { contentType: string; bytes: number }): boolean =>
  PICTURES.has(contentType) && bytes <= PREVIEW_BYTES;

/** What a message says that has files and no words of its own: servers want some. */
export const namesInWords = (files: readonly { name: string }[]): string =>
  files.map(({ name }) => name).join(", ");

export function uploadProblem({ code }: { code: RefusedCode }): Key {
  switch (code as string) {
    case "too_large":
      return "file.problem.tooLargeHere";
    // There is nothing else to it that could be wrong.
    case "malformed":
      return "file.problem.type";
    case "storage_full":
      return "file.problem.full";
    default:
      return problemKey({ code });
  }
}
