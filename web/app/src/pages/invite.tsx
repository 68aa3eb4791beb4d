/** The link that lets somebody in without an account. */
import { type Consultation, type Link, Refused } from "@bedside/client";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useSomebody } from "../identity/identity";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { dayAndTime } from "../texts/time";
import { announce } from "../ui/announcer";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { SelectField, TextField } from "../ui/field";
import { Notice } from "../ui/notice";
import { QrCode } from "../ui/qr-code";
import { Waiting } from "../ui/waiting";

type InvitedRole = "patient" | "guest";

export function InviteDialog({ visit, onClose }: { visit: Consultation; onClose: () => void }) {
  const { t } = useTexts();
  const form = useRef<HTMLFormElement>(null);
  const [whom, setWhom] = useState<{ name: string; role: InvitedRole } | null>(null);
  const patient = visit.participants.find(({ userId }) => userId === visit.patientId);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!form.current) return;
    const entered = new FormData(form.current);
    setWhom({
      name: String(entered.get("name")).trim(),
      role: entered.get("role") === "guest" ? "guest" : "patient",
    });
  };

  return (
    <Dialog title={t("invite.title")} onClose={onClose}>
      {whom ? (
        <Invitation visit={visit} name={whom.name} role={whom.role} onDone={onClose} />
      ) : (
        <form ref={form} className="stack" onSubmit={submit}>
          <SelectField
            label={t("invite.role")}
            name="role"
            hint={t("invite.roleHint")}
            options={[
              { value: "patient", label: t("role.patient") },
              { value: "guest", label: t("role.guest") },
            ]}
          />
          <TextField
            label={t("invite.name")}
            name="name"
            maxLength={200}
            defaultValue={patient?.name ?? ""}
            autoComplete="off"
            required
          />
          <div className="button-row button-row--end">
            <Button type="submit" look="primary">
              {t("invite.make")}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

interface InvitationProps {
  visit: Consultation;
  name: string;
  role: InvitedRole;
  onDone: () => void;
}

/** Makes the link when it appears, and shows it this once: the server keeps only a hash of it. */
export function Invitation({ visit, name, role, onDone }: InvitationProps) {
  const { t, language } = useTexts();
  const { client } = useSomebody();
  const [link, setLink] = useState<Link | null>(null);
  const [problem, setProblem] = useState<Refused | null>(null);
  const [attempt, setAttempt] = useState(0);
  const asked = useRef(-1);

  useEffect(() => {
    // Effects run twice while developing; a link is made once.
    if (asked.current === attempt) return;
    asked.current = attempt;
    setProblem(null);
    client.consultations
      .invite(visit.id, { role, name })
      .then(setLink, (thrown: unknown) => setProblem(Refused.of(thrown)));
  }, [attempt, client, visit.id, role, name]);

  if (problem) {
    return (
      <Notice
        kind="bad"
        urgent
        actions={<Button onClick={() => setAttempt(attempt + 1)}>{t("retry")}</Button>}
      >
        {t(problemKey(problem))}
      </Notice>
    );
  }
  if (!link) return <Waiting>{t("invite.making")}</Waiting>;
  return (
    <div className="stack">
      <p>{t("invite.text", { name })}</p>
      <CopyField value={link.url} />
      <QrCode text={link.url} label={t("invite.qr", { name })} />
      <p className="muted small">
        {t("invite.once")} {t("invite.until", { time: dayAndTime(language, link.expiresAt) })}
      </p>
      <div className="button-row button-row--end">
        <Button look="primary" onClick={onDone}>
          {t("done")}
        </Button>
      </div>
    </div>
  );
}

function CopyField({ value }: { value: string }) {
  const { t } = useTexts();
  const field = useRef<HTMLInputElement>(null);
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(value);
      setCopied(true);
      announce(t("invite.copied"));
    } catch {
      // Without HTTPS there is no clipboard; the link is selected, and the keys for copying work.
      announce(t("invite.selected"));
    }
  };
  return (
    <div className="copy">
      <input
        ref={field}
        className="input"
        dir="ltr"
        readOnly
        value={value}
        aria-label={t("invite.link")}
        onFocus={(event) => event.target.select()}
      />
      <Button look="primary" icon={isCopied ? "check" : "copy"} onClick={() => void copy()}>
        {t(isCopied ? "invite.copied" : "invite.copy")}
      </Button>
    </div>
  );
}
