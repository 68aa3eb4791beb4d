/** Who waits in front of this visit, for those who may let them in. */
import { Refused } from "@bedside/client";
import { useState } from "react";
import { useSomebody } from "../identity/identity";
import { useReadable } from "../store";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { minutesBetween, useNow } from "../texts/time";
import { announce } from "../ui/announcer";
import { Button } from "../ui/button";
import { Name } from "../ui/person";

export function WaitingAtDoor({ id }: { id: string }) {
  const { t } = useTexts();
  const { client } = useSomebody();
  const room = client.room(id);
  const { waiting } = useReadable(room.state);
  const [busyWith, setBusyWith] = useState<string | null>(null);
  const now = useNow();
  if (waiting.length === 0) return null;

  const decide = async (userId: string, verb: () => Promise<void>) => {
    setBusyWith(userId);
    try {
      await verb();
    } catch (thrown) {
      announce(t(problemKey(Refused.of(thrown))), "urgent");
    } finally {
      setBusyWith(null);
    }
  };

  return (
    <section className="door" aria-label={t("waiting.now")}>
      <ul className="stack stack--tight">
        {waiting.map(({ user, since }) => {
          const name = user.name ?? t(`role.${user.role}`);
          const isBusy = busyWith === user.id;
          return (
            <li key={user.id} className="door__row">
              <p>
                <strong>
                  <Name>{name}</Name>
                </strong>{" "}
                {t("waiting.since", { count: minutesBetween(since, now) })}
              </p>
              <div className="button-row">
                <Button
                  look="primary"
                  busy={isBusy}
                  onClick={() => void decide(user.id, () => room.admit(user.id))}
                >
                  {t("admit")} <span className="unseen">{name}</span>
                </Button>
                <Button onClick={() => void decide(user.id, () => room.deny(user.id))}>
                  {t("deny")} <span className="unseen">{name}</span>
                </Button>
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
