/** Several people in a sentence. Pure. */
import type { Consultation } from "@bedside/client";
import { nameOf } from "../../pages/who";
import type { Texts } from "../../texts/texts";

export function namesOf(
  consultation: Consultation | null,
  userIds: readonly string[],
  { language, t }: Pick<Texts, "language" | "t">,
): string {
  const names = userIds.map((userId) => nameOf(consultation, userId, t));
  return new Intl.ListFormat(language, { type: "conjunction" }).format(names);
}
