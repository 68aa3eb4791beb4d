import { changePassword } from "../identity/account";
import { useSomebody } from "../identity/identity";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { announce } from "../ui/announcer";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { TextField } from "../ui/field";
import { Notice } from "../ui/notice";
import { useSubmit } from "../ui/submit";

/** What the server asks for too. */
const MIN_LENGTH = 12;

export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTexts();
  const { way } = useSomebody();
  const { form, isBusy, problem, submit } = useSubmit(async (entered) => {
    const { token } = await way.ticket();
    await changePassword(token, String(entered.get("current")), String(entered.get("next")));
    announce(t("password.changed"));
    onClose();
  });

  return (
    <Dialog title={t("password.change")} onClose={onClose}>
      <form ref={form} className="stack" onSubmit={submit}>
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
