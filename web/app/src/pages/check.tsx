import { useTexts } from "../texts/texts";
import { DeviceCheck } from "../visit/device-check";
import { Frame, Page } from "./frame";
import "../styles/visit.css";

/** The device check by itself, for the day before. */
export function CheckPage() {
  const { t } = useTexts();
  return (
    <Frame>
      <Page title={t("check.title")}>
        <p>{t("check.text")}</p>
        <DeviceCheck />
      </Page>
    </Frame>
  );
}
