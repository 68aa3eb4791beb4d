/** A new visit, also for somebody who has no account: they get a link. */
import type { Consultation } from "@bedside/client";
import { useEffect, useState } from "react";
import { freshId } from "../fresh-id";
import { useSomebody } from "../identity/identity";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { SelectField, TextField } from "../ui/field";
import { Notice } from "../ui/notice";
import { useSubmit } from "../ui/submit";
import { Invitation } from "./invite";

interface Made {
  visit: Consultation;
  name: string;
}

export function NewVisit({ onClose }: { onClose: () => void }) {
  const { t } = useTexts();
  const [made, setMade] = useState<Made | null>(null);
  return (
    <Dialog title={t(made ? "invite.title" : "new.title")} onClose={onClose}>
      {made ? (
        <Invitation visit={made.visit} name={made.name} role="patient" onDone={onClose} />
      ) : (
        <Form onMade={setMade} />
      )}
    </Dialog>
  );
}

function Form({ onMade }: { onMade: (made: Made) => void }) {
  const { t } = useTexts();
  const { client, user } = useSomebody();
  const doctors = useDoctors(user.role === "staff");
  const { form, isBusy, problem, submit } = useSubmit(async (entered) => {
    const text = (field: string) => String(entered.get(field) ?? "").trim();
    const at = text("at");
    const visit = await client.consultations.create({
      doctorId: user.role === "staff" ? text("doctor") : user.id,
      patientId: `patient:${freshId()}`,
      patientName: text("name"),
      reason: text("reason") || null,
      scheduledAt: at ? new Date(at).toISOString() : null,
      waitingRoom: entered.has("waitingRoom"),
      recordingPolicy: "on_request",
      icePolicy: "all",
    });
    onMade({ visit, name: text("name") });
  });

  return (
    <form ref={form} className="stack" onSubmit={submit}>
      {problem && (
        <Notice kind="bad" urgent>
          {t(problemKey(problem))}
        </Notice>
      )}
      <TextField
        label={t("new.patient")}
        hint={t("new.patientHint")}
        name="name"
        maxLength={200}
        autoComplete="off"
        required
      />
      <TextField label={t("new.reason")} name="reason" maxLength={500} autoComplete="off" />
      <TextField label={t("new.at")} hint={t("new.atHint")} name="at" type="datetime-local" dir="ltr" />
      {user.role === "staff" && (
        <SelectField
          label={t("new.doctor")}
          name="doctor"
          required
          options={doctors.map(({ id, name }) => ({ value: id, label: name }))}
        />
      )}
      <label className="choice">
        <input type="checkbox" name="waitingRoom" defaultChecked />
        <span>{t("new.waitingRoom")}</span>
      </label>
      <div className="button-row button-row--end">
        <Button type="submit" look="primary" busy={isBusy}>
          {t("new.make")}
        </Button>
      </div>
    </form>
  );
}

/** Whom staff may make a visit for. */
function useDoctors(isWanted: boolean): readonly { id: string; name: string }[] {
  const { client } = useSomebody();
  const [doctors, setDoctors] = useState<readonly { id: string; name: string }[]>([]);
  useEffect(() => {
    if (!isWanted) return undefined;
    let isCurrent = true;
    client.rest.GET("/api/v1/users", { params: { query: { role: "doctor" } } }).then(
      ({ data }) =>
        isCurrent &&
        setDoctors((data?.items ?? []).map(({ userId, name }) => ({ id: userId, name: name ?? userId }))),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [client, isWanted]);
  return doctors;
}
