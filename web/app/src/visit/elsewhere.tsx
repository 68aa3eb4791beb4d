import { Frame, Page } from "../pages/frame";
import { useTexts } from "../texts/texts";
import { Button } from "../ui/button";

/** The visit is open in another tab already: neither throws the other out without being asked. */
export function Elsewhere({ title, takeOver }: { title: string; takeOver: () => void }) {
  const { t } = useTexts();
  return (
    <Frame>
      <Page title={title} narrow centre>
        <div className="card">
          <h2>{t("elsewhere.title")}</h2>
          <p>{t("elsewhere.text")}</p>
          <div className="button-row">
            <Button look="primary" onClick={takeOver}>
              {t("elsewhere.here")}
            </Button>
          </div>
        </div>
      </Page>
    </Frame>
  );
}
