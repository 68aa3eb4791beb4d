import { Refused } from "@bedside/client";
import { type FormEvent, useRef, useState } from "react";
import { changePassword } from "../identity/account";
import { useSomebody } from "../identity/identity";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { announce } from "../ui/announcer";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { TextField } from "../ui/field";
import { Notice } from "../ui/notice";

/** What the server asks for too. */
const MIN_LENGTH = 12;

export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTexts();
  const { way } = useSomebody();
  const form = useRef<HTMLFormElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Refused | null>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || !form.current) return;
    const entered = new FormData(form.current);
    setBusy(true);
    setProblem(null);
    try {
      const { token } = await way.ticket();
      await changePassword(token, String(entered.get("current")), String(entered.get("next")));
      announce(t("password.changed"));
      onClose();
    } catch (thrown) {
      setProblem(Refused.of(thrown));
      setBusy(false);
    }
  };

  return (
    <Dialog title={t("password.change")} onClose={onClose}>
      <form ref={form} className="stack" onSubmit={(event) => void submit(event)}>
        {problem && (
          <Notice kind="bad" urgent>
            {t(problem.code === "credentials_invalid" ? "password.wrong" : problemKey(problem))}
          </Notice>
        )}
        <TextField
          label={t("password.current")}
          name="current"
          type="password"
          autoComplete="current-password"
          required
        />
        <TextField
          label={t("password.next")}
          hint={t("password.hint", { count: MIN_LENGTH })}
          name="next"
          type="password"
          autoComplete="new-password"
          minLength={MIN_LENGTH}
          required
        />
        <div className="button-row button-row--end">
          <Button type="submit" look="primary" busy={isBusy}>
            {t("password.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
