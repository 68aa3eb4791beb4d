/** For whoever has no way in yet, or whose way in has come to its end. */
import type { Refused, RefusedCode } from "@bedside/client";
import { useEffect, useState } from "react";
import { thereAreAccounts } from "../identity/account";
import { Link, paths, usePlace } from "../router";
import { problemKey } from "../texts/problem";
import { type Key, useTexts } from "../texts/texts";
import { Notice } from "../ui/notice";
import { Frame, Page } from "./frame";

/** The same codes mean something else where a link was held out. */
const OF_A_LINK: Partial<Record<RefusedCode, Key>> = {
  conflict: "link.otherDevice",
  token_expired: "link.expired",
  token_invalid: "link.unknown",
  not_found: "link.unknown",
  ended: "link.ended",
};

export function Door({ because, atLink }: { because?: Refused | "left"; atLink: boolean }) {
  const { t } = useTexts();
  const hasAccounts = useAccounts();
  const place = usePlace();
  return (
    <Frame>
      <Page title={t("welcome.title")} narrow centre>
        {because === "left" && <Notice kind="good">{t("welcome.left")}</Notice>}
        {because && because !== "left" && (
          <Notice kind="bad" urgent title={t(atLink ? "link.title" : "welcome.over")}>
            {t((atLink ? OF_A_LINK[because.code] : undefined) ?? problemKey(because))}
          </Notice>
        )}
        <div className="card">
          <h2>{t("welcome.patient")}</h2>
          <p>{t("welcome.openLink")}</p>
          <p>
            <Link to={paths.check()}>{t("welcome.check")}</Link>
          </p>
        </div>
        <div className="card">
          <h2>{t("welcome.staff")}</h2>
          {hasAccounts ? (
            <p>
              <Link className="button button--primary" to={paths.login(place)}>
                {t("login.go")}
              </Link>
            </p>
          ) : (
            <p>{t("welcome.portal")}</p>
          )}
        </div>
      </Page>
    </Frame>
  );
}

/** Whether one can log in here. Until the server has said so, and where it does not answer, it is not offered. */
export function useAccounts(): boolean {
  const [hasAccounts, setHasAccounts] = useState(false);
  useEffect(() => {
    let isCurrent = true;
    thereAreAccounts().then(
      (there) => isCurrent && setHasAccounts(there),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, []);
  return hasAccounts;
}
