import type { Refused } from "@bedside/client";
import { useEffect } from "react";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { Button } from "../ui/button";
import { Notice } from "../ui/notice";
import { Frame, Page } from "./frame";

export function Unreachable({ because, again }: { because: Refused; again: () => void }) {
  const { t } = useTexts();
  useEffect(() => {
    window.addEventListener("online", again);
    return () => window.removeEventListener("online", again);
  }, [again]);
  return (
    <Frame>
      <Page title={t("unreachable.title")} narrow centre>
        <Notice
          kind="warning"
          urgent
          actions={
            <Button look="primary" onClick={again}>
              {t("retry")}
            </Button>
          }
        >
          {t(problemKey(because))}
        </Notice>
      </Page>
    </Frame>
  );
}
