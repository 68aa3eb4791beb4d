import { signIn } from "../identity/identity";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { Button } from "../ui/button";
import { TextField } from "../ui/field";
import { Notice } from "../ui/notice";
import { useSubmit } from "../ui/submit";
import { Frame, Page } from "./frame";

export function LogIn() {
  const { t } = useTexts();
  const { form, isBusy, problem, submit } = useSubmit((entered) =>
    signIn(String(entered.get("username")), String(entered.get("password"))),
  );

  return (
    <Frame>
      <Page title={t("login.title")} narrow centre>
        <form ref={form} className="card" onSubmit={submit}>
          {problem && (
            <Notice kind="bad" urgent>
              {problem.code === "rate_limited"
                ? t("login.wait", { count: Math.ceil((problem.retryAfterMs ?? 1_000) / 1_000) })
                : t(problem.code === "credentials_invalid" ? "login.wrong" : problemKey(problem))}
            </Notice>
          )}
          <TextField
            label={t("login.username")}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
          />
          <TextField
            label={t("login.password")}
            name="password"
            type="password"
            autoComplete="current-password"
            required
          />
          <Button type="submit" look="primary" busy={isBusy}>
            {t("login.go")}
          </Button>
        </form>
      </Page>
    </Frame>
  );
}
