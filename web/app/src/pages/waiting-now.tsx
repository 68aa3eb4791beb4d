import type { ConsultationsState } from "@bedside/client";
import { Link, paths } from "../router";
import { useTexts } from "../texts/texts";
import { minutesBetween, useNow } from "../texts/time";
import { Initials, Name } from "../ui/person";

/** Who waits and since when, before everything else. Those who have waited longest stand first. */
export function WaitingNow({ list }: { list: ConsultationsState }) {
  const { t } = useTexts();
  const now = useNow();
  const people = Object.entries(list.waiting)
    .flatMap(([roomId, waiting]) => waiting.map(({ user, since }) => ({ roomId, user, since })))
    .sort((one, other) => one.since.localeCompare(other.since));
  if (people.length === 0) return null;
  return (
    <section className="waiting-now" aria-labelledby="waiting-now">
      <h2 id="waiting-now">{t("waiting.now")}</h2>
      <ul className="stack stack--tight">
        {people.map(({ roomId, user, since }) => {
          const name = user.name ?? t("somebody");
          const reason = list.items.find(({ id }) => id === roomId)?.reason;
          return (
            <li key={`${roomId} ${user.id}`} className="visit visit--waiting">
              <Initials name={name} />
              <div className="visit__what">
                <p className="visit__who">
                  <Name>{name}</Name>
                </p>
                <p className="visit__more">
                  {t("waiting.since", { count: minutesBetween(since, now) })}
                  {reason && (
                    <>
                      {" · "}
                      <Name>{reason}</Name>
                    </>
                  )}
                </p>
              </div>
              <Link className="button button--primary" to={paths.visit(roomId)}>
                {t("visit.open")}
                <span className="unseen">
                  {" "}
                  <Name>{name}</Name>
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
