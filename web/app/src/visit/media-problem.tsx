import type { MediaProblem } from "@bedside/client";
import { useTexts } from "../texts/texts";
import { Button } from "../ui/button";
import { Notice } from "../ui/notice";

/** What is wrong with camera or microphone, and what to do. */
export function MediaProblemNotice({ problem, again }: { problem: MediaProblem; again?: () => void }) {
  const { t } = useTexts();
  if (problem.device === "screen") {
    // Who closes the browser's own question has decided; there is nothing to explain.
    if (problem.kind === "blocked") return null;
    return <Notice kind="warning">{t("problem.screen")}</Notice>;
  }
  const device = problem.device;
  return (
    <Notice
      kind="warning"
      title={t(`media.${device}.${problem.kind}`)}
      actions={again && problem.kind !== "insecure" && <Button onClick={again}>{t("retry")}</Button>}
    >
      {t(`media.${problem.kind}.do`)}
    </Notice>
  );
}
