/** What a press does that the server may refuse: then the ear and the eye are told why, and nothing is different. */
import { Refused } from "@bedside/client";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { announce } from "./announcer";

export function useAct(): (verb: () => Promise<unknown>) => Promise<void> {
  const { t } = useTexts();
  return async (verb) => {
    try {
      await verb();
    } catch (thrown) {
      announce(t(problemKey(Refused.of(thrown))), "urgent");
    }
  };
}
