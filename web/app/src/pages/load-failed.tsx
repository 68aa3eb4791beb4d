import { useTexts } from "../texts/texts";
import { Button } from "../ui/button";
import { Frame, Page } from "./frame";

export function LoadFailed() {
  const { t } = useTexts();
  return (
    <Frame>
      <Page title={t("broken.title")} narrow centre>
        <p>{t("broken.text")}</p>
        <div className="button-row">
          <Button look="primary" onClick={() => window.location.reload()}>
            {t("broken.reload")}
          </Button>
        </div>
      </Page>
    </Frame>
  );
}
