/** Which page stands. What is not needed for the first look is loaded when it is gone to. */
import { type ReactNode, lazy, useEffect } from "react";
import { type Somebody, useIdentity } from "./identity/identity";
import { Door } from "./pages/door";
import { Frame, Page } from "./pages/frame";
import { Home } from "./pages/home";
import { LoadFailed } from "./pages/load-failed";
import { LogIn } from "./pages/login";
import { Nowhere } from "./pages/nowhere";
import { Unreachable } from "./pages/unreachable";
import { type Place, go, paths, placeOf, usePlace } from "./router";
import { useTexts } from "./texts/texts";
import { Part } from "./ui/part";
import { Waiting } from "./ui/waiting";

const VisitPage = lazy(() => import("./visit/page").then((file) => ({ default: file.VisitPage })));
const PastPage = lazy(() => import("./pages/past").then((file) => ({ default: file.PastPage })));
const ConversationsPage = lazy(() =>
  import("./assistant/conversations-page").then((file) => ({ default: file.ConversationsPage })),
);
const CheckPage = lazy(() => import("./pages/check").then((file) => ({ default: file.CheckPage })));

export function App() {
  const place = usePlace();
  const who = useIdentity();
  const { t } = useTexts();

  if (place.page === "check") return <Loaded>{<CheckPage />}</Loaded>;
  switch (who.is) {
    case "looking":
      return (
        <Frame>
          <Page title={t("welcome.title")} centre>
            <Waiting>{t("welcome.looking")}</Waiting>
          </Page>
        </Frame>
      );
    case "unreachable":
      return <Unreachable because={who.because} again={who.again} />;
    case "nobody":
      if (place.page === "login") return <LogIn />;
      return <Door {...(who.because && { because: who.because })} atLink={place.page === "join"} />;
    case "somebody":
      return <SignedIn place={place} who={who} />;
  }
}

function SignedIn({ place, who }: { place: Place; who: Somebody }) {
  const elsewhere = redirected(place, who);
  useEffect(() => {
    if (elsewhere !== null) go(elsewhere, "replace");
  }, [elsewhere]);
  if (elsewhere !== null) return null;

  switch (place.page) {
    case "visit":
      return (
        <Loaded>
          <VisitPage key={place.id} id={place.id} />
        </Loaded>
      );
    case "past":
      return (
        <Loaded>
          <PastPage key={place.id} id={place.id} />
        </Loaded>
      );
    case "conversations":
    case "conversation":
      return (
        <Loaded>
          <ConversationsPage id={place.page === "conversation" ? place.id : null} />
        </Loaded>
      );
    case "home":
      return <Home tab={place.tab} />;
    default:
      return <Nowhere />;
  }
}

/** Whoever came by a link has one visit and no list; who has signed in is done with the ways in. */
function redirected(place: Place, { consultationId }: Somebody): string | null {
  const isAtDoor = place.page === "join" || place.page === "login";
  if (consultationId === null) return isAtDoor ? wanted() : null;
  const isTheirs = (place.page === "visit" || place.page === "past") && place.id === consultationId;
  return isTheirs ? null : paths.visit(consultationId);
}

/** Where whoever had to sign in first was on the way to. Only a visit's own path is believed. */
function wanted(): string {
  const path = new URLSearchParams(window.location.search).get("to") ?? "";
  const place = placeOf(path);
  return "id" in place ? paths[place.page](place.id) : paths.home();
}

function Loaded({ children }: { children: ReactNode }) {
  const { t } = useTexts();
  return (
    <Part
      fallback={
        <Frame>
          <Waiting>{t("loading")}</Waiting>
        </Frame>
      }
      lost={<LoadFailed />}
    >
      {children}
    </Part>
  );
}
