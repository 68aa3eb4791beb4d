/** Before everybody is asked: what is to be recorded. */
import { useSomebody } from "../../identity/identity";
import { useTexts } from "../../texts/texts";
import { problemKey } from "../../texts/problem";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Notice } from "../../ui/notice";
import { useSubmit } from "../../ui/submit";

export function RecordDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTexts();
  const { client } = useSomebody();
  const { form, isBusy, problem, submit } = useSubmit(async (entered) => {
    await client.recording(id).start({ audioOnly: entered.get("what") === "sound" });
    onClose();
  });
  return (
    <Dialog title={t("record.start")} onClose={onClose}>
      <form ref={form} className="stack" onSubmit={submit}>
        {problem && (
          <Notice kind="bad" urgent>
            {t(problemKey(problem))}
          </Notice>
        )}
        <p>{t("record.text")}</p>
        <fieldset className="choices">
          <legend>{t("record.what")}</legend>
          <label className="choice">
            <input type="radio" name="what" value="both" defaultChecked />
            <span>{t("record.both")}</span>
          </label>
          <label className="choice">
            <input type="radio" name="what" value="sound" />
            <span>{t("record.sound")}</span>
          </label>
        </fieldset>
        <div className="button-row button-row--end">
          <Button onClick={onClose}>{t("back")}</Button>
          <Button type="submit" look="primary" busy={isBusy}>
            {t("record.ask")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
