/** What goes to a recorder, and in which words one is asked: pure. */
import { describe, expect, test } from "vitest";
import { scaleDown, sectionsFor } from "../src/call/recorded.js";
import { type ConsentQuestion, textFor } from "../src/recording/state.js";

const track = (id: string): MediaStreamTrack => ({ id }) as MediaStreamTrack;
const [sound, camera, screen] = [track("sound"), track("camera"), track("screen")];
const everything = { audio: sound, video: camera, screen };
const used = (
  kinds: string[],
  tracks: typeof everything | { audio: typeof sound; video: typeof camera; screen: null },
  audioOnly = false,
) =>
  sectionsFor(kinds, tracks, { audioOnly }).map(({ track, isUsed }) =>
    isUsed ? (track?.id ?? "nothing") : "unused",
  );

describe("what goes to a recorder", () => {
  test("sound and camera go into the first sections of their kind", () => {
    expect(used(["audio", "video"], { audio: sound, video: camera, screen: null })).toEqual([
      "sound",
      "camera",
    ]);
    expect(used(["video", "audio"], { audio: sound, video: camera, screen: null })).toEqual([
      "camera",
      "sound",
    ]);
  });

  test("a screen that is shared takes the camera's place where there is one section for pictures", () => {
    expect(used(["audio", "video"], everything)).toEqual(["sound", "screen"]);
    expect(used(["audio", "video", "video"], everything)).toEqual(["sound", "camera", "screen"]);
  });

  test("no picture goes out where only sound was agreed to, whatever is offered", () => {
    expect(used(["audio", "video", "video"], everything, true)).toEqual(["sound", "unused", "unused"]);
  });

  test("sections beyond those that have a meaning stay empty", () => {
    expect(used(["audio", "audio", "video", "video", "video"], everything)).toEqual([
      "sound",
      "unused",
      "camera",
      "screen",
      "unused",
    ]);
  });

  test("large pictures are made smaller, small ones are left alone", () => {
    expect(scaleDown(1_080, false)).toBe(2);
    expect(scaleDown(480, false)).toBe(1);
    expect(scaleDown(2_160, true)).toBe(2);
    expect(scaleDown(undefined, false)).toBe(1);
  });
});

describe("the text that one agrees to", () => {
  const question = {
    text: "May we?",
    texts: { en: "May we?", es: "¿Podemos?", "pt-BR": "Podemos?" },
  } as unknown as ConsentQuestion;

  test("is in the first of one's languages that there is", () => {
    expect(textFor(question, ["fr-CH", "es-MX", "en"])).toBe("¿Podemos?");
    expect(textFor(question, ["pt-br"])).toBe("Podemos?");
  });

  test("is the clinic's own where there is none of one's languages", () => {
    expect(textFor(question, ["pt", "ar"])).toBe("May we?");
  });
});
