/** Who is who in a visit. Pure. */
import type { Consultation } from "@bedside/client";
import type { Texts } from "../texts/texts";

/** Whom the list is about: the patient for a doctor, the doctor for a patient. */
export function otherSide(visit: Consultation, me: string): string {
  return visit.patientId === me ? visit.doctorId : visit.patientId;
}

/** Null where it is not known: whoever waits is not told who is in the visit. */
export function knownName(visit: Consultation | null, userId: string): string | null {
  return visit?.participants.find((each) => each.userId === userId)?.name ?? null;
}

/** A name, or the word for what they are. */
export function nameOf(visit: Consultation | null, userId: string, t: Texts["t"]): string {
  const name = knownName(visit, userId);
  if (name !== null) return name;
  if (userId === visit?.doctorId) return t("role.doctor");
  if (userId === visit?.patientId) return t("role.patient");
  const part = visit?.participants.find((each) => each.userId === userId);
  return t(part ? `role.${part.role}` : "somebody");
}

/** What a page about a visit is called. */
export function titleOf(visit: Consultation | null, me: string, t: Texts["t"]): string {
  const name = visit && knownName(visit, otherSide(visit, me));
  return name ? t("visit.with", { name }) : t("visit.title");
}
