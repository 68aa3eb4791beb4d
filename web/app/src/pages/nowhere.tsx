import { Link, paths } from "../router";
import { useTexts } from "../texts/texts";
import { Frame, Page } from "./frame";

export function Nowhere() {
  const { t } = useTexts();
  return (
    <Frame>
      <Page title={t("nowhere.title")} narrow centre>
        <p>{t("nowhere.text")}</p>
        <p>
          <Link className="button button--primary" to={paths.home()}>
            {t("home.go")}
          </Link>
        </p>
      </Page>
    </Frame>
  );
}
