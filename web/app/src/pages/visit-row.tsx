import type { Consultation } from "@bedside/client";
import { lazy, useState } from "react";
import { useSomebody } from "../identity/identity";
import { Link, paths } from "../router";
import { type Key, useTexts } from "../texts/texts";
import { clockTime, dayAndTime } from "../texts/time";
import { Button, IconButton } from "../ui/button";
import { Part } from "../ui/part";
import { Initials, Name } from "../ui/person";
import { isOver, timeOf } from "./listed";
import { mayCallOff, mayReopen } from "./may-do";
import { nameOf, otherSide } from "./who";

const InviteDialog = lazy(() => import("./invite").then((file) => ({ default: file.InviteDialog })));
const VisitMenu = lazy(() => import("./visit-menu").then((file) => ({ default: file.VisitMenu })));

const BADGES: Record<Consultation["status"], { key: Key; tone: string }> = {
  scheduled: { key: "status.scheduled", tone: "" },
  waiting: { key: "status.waiting", tone: "badge--warning" },
  in_progress: { key: "status.in_progress", tone: "badge--good" },
  completed: { key: "status.completed", tone: "" },
  cancelled: { key: "status.cancelled", tone: "" },
  no_show: { key: "status.no_show", tone: "" },
};

export function VisitRow({ visit, showDay }: { visit: Consultation; showDay: boolean }) {
  const { t, language } = useTexts();
  const { user } = useSomebody();
  const [isInviting, setInviting] = useState(false);
  const mayManage = user.role === "doctor" || user.role === "staff";
  const name = nameOf(visit, otherSide(visit, user.id), t);
  const badge = BADGES[visit.status];
  const over = isOver(visit);
  const menuPlace = <IconButton icon="more" label={t("visit.more", { name })} disabled />;
  return (
    <li className="visit">
      <Initials name={name} />
      <div className="visit__what">
        <p className="visit__who">
          <Name>{name}</Name> <span className={`badge ${badge.tone}`}>{t(badge.key)}</span>
        </p>
        <p className="visit__more">
          <time dateTime={new Date(timeOf(visit)).toISOString()}>
            {(showDay ? dayAndTime : clockTime)(language, timeOf(visit))}
          </time>
          {visit.reason && (
            <>
              {" · "}
              <Name>{visit.reason}</Name>
            </>
          )}
        </p>
      </div>
      <div className="visit__do">
        {mayManage && !over && (
          <Button icon="link" onClick={() => setInviting(true)}>
            {t("invite.go")} <span className="unseen">{name}</span>
          </Button>
        )}
        <Link
          className={over ? "button" : "button button--primary"}
          to={over ? paths.past(visit.id) : paths.visit(visit.id)}
        >
          {t(over ? "past.read" : "visit.open")}
          <span className="unseen">
            {" "}
            <Name>{name}</Name>
          </span>
        </Link>
        {mayManage && (mayCallOff(visit) || mayReopen(visit, Date.now())) && (
          // Its place is kept: what one is about to press does not move.
          <Part fallback={menuPlace} lost={menuPlace}>
            <VisitMenu visit={visit} name={name} />
          </Part>
        )}
      </div>
      {isInviting && (
        <Part onClose={() => setInviting(false)}>
          <InviteDialog visit={visit} onClose={() => setInviting(false)} />
        </Part>
      )}
    </li>
  );
}
