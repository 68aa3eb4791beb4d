/** What stands around every page but the call: name, language, theme, who one is; and the page's heading. */
import { type ReactNode, lazy, useEffect, useRef } from "react";
import { useIdentity } from "../identity/identity";
import { LANGUAGES, type Language, THEMES, type Theme, prefer, usePreferences } from "../preferences";
import { Link, paths } from "../router";
import { useTexts } from "../texts/texts";
import { Mark } from "../ui/icon";
import { Part } from "../ui/part";
import { ConnectionBar } from "./connection-bar";

const AccountMenu = lazy(() => import("./account-menu").then((file) => ({ default: file.AccountMenu })));

/** Languages are called what their speakers call them. */
const LANGUAGE_NAMES: Record<Language, string> = { en: "English", es: "Español", ar: "العربية" };

export function Frame({ children }: { children: ReactNode }) {
  const { t, language } = useTexts();
  const { theme } = usePreferences();
  const who = useIdentity();
  return (
    <div className="page">
      <a className="skip" href="#main">
        {t("skip")}
      </a>
      <header className="head">
        <Link className="head__brand" to={paths.home()}>
          <Mark />
          <span className="head__name">Bedside</span>
        </Link>
        <div className="head__tools">
          <select
            className="compact-select"
            aria-label={t("language")}
            value={language}
            onChange={(event) => prefer({ language: event.target.value as Language })}
          >
            {LANGUAGES.map((each) => (
              <option key={each} value={each} lang={each}>
                {LANGUAGE_NAMES[each]}
              </option>
            ))}
          </select>
          <select
            className="compact-select"
            aria-label={t("theme")}
            value={theme}
            onChange={(event) => prefer({ theme: event.target.value as Theme })}
          >
            {THEMES.map((each) => (
              <option key={each} value={each}>
                {t(`theme.${each}`)}
              </option>
            ))}
          </select>
          {who.is === "somebody" && (
            <Part lost={null}>
              <AccountMenu />
            </Part>
          )}
        </div>
      </header>
      {who.is === "somebody" && <ConnectionBar client={who.client} />}
      {children}
    </div>
  );
}

interface PageProps {
  title: string;
  narrow?: boolean;
  centre?: boolean;
  /** Stands beside the heading. */
  beside?: ReactNode;
  children: ReactNode;
}

/** The main part of a page. After a change of page its heading has the focus, so that a screen reader begins there. */
export function Page({ title, narrow = false, centre = false, beside, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, []);
  useTitle(title);
  const classes = ["main", narrow && "main--narrow", centre && "main--centre"];
  return (
    <main id="main" className={classes.filter(Boolean).join(" ")} tabIndex={-1}>
      <div className="title-row">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {beside}
      </div>
      {children}
    </main>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    // A window's title is drawn by systems that do not know these marks and show boxes.
    document.title = `${title.replace(/[\u2068\u2069]/g, "")} · Bedside`;
  }, [title]);
}
