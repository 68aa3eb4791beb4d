/** Everyone with a part in the visit: who is here, and what a doctor may do about it. */
import type { Participant } from "@bedside/client";
import { lazy, useState } from "react";
import { useSomebody } from "../identity/identity";
import { useReadable } from "../store";
import { type Key, useTexts } from "../texts/texts";
import { useAct } from "../ui/act";
import { Button, IconButton } from "../ui/button";
import { Confirm } from "../ui/dialog";
import { Menu, MenuItem } from "../ui/menu";
import { Part } from "../ui/part";
import { Initials, Name } from "../ui/person";
import { mayManage } from "./may-manage";

const InviteDialog = lazy(() => import("../pages/invite").then((file) => ({ default: file.InviteDialog })));

export function People({ id }: { id: string }) {
  const { t } = useTexts();
  const { client, user } = useSomebody();
  const { consultation, members, waiting } = useReadable(client.room(id).state);
  const { peers } = useReadable(client.call(id).state);
  const { recording } = useReadable(client.recording(id).state);
  const recorded = recording?.state === "recording" ? recording.recorded : [];
  const [isInviting, setInviting] = useState(false);
  if (!consultation) return null;
  const isManager = mayManage(consultation, user);

  const placeOf = (userId: string): Key => {
    const theirs = peers.filter((peer) => peer.userId === userId);
    if (userId === user.id || theirs.some(({ away }) => !away)) return "people.inCall";
    if (theirs.length > 0) return "people.away";
    if (waiting.some((each) => each.user.id === userId)) return "people.waiting";
    return members.some((member) => member.userId === userId && member.online)
      ? "people.online"
      : "people.absent";
  };

  return (
    <div className="people">
      <ul className="stack stack--tight">
        {consultation.participants.map((person) => (
          <Person
            key={person.userId}
            id={id}
            person={person}
            place={placeOf(person.userId)}
            isRecorded={recorded.includes(person.userId)}
            mayAct={isManager && person.userId !== user.id && person.role !== "doctor"}
          />
        ))}
      </ul>
      {isManager && (
        <Button icon="plus" onClick={() => setInviting(true)}>
          {t("people.invite")}
        </Button>
      )}
      {isInviting && (
        <Part onClose={() => setInviting(false)}>
          <InviteDialog visit={consultation} onClose={() => setInviting(false)} />
        </Part>
      )}
    </div>
  );
}

interface PersonProps {
  id: string;
  person: Participant;
  place: Key;
  isRecorded: boolean;
  mayAct: boolean;
}

function Person({ id, person, place, isRecorded, mayAct }: PersonProps) {
  const { t } = useTexts();
  const { client, user } = useSomebody();
  const [isAsked, setAsked] = useState(false);
  const name = person.name ?? t(`role.${person.role}`);

  const act = useAct();

  return (
    <li className="person">
      <Initials name={name} />
      <div className="person__who">
        <p>
          <Name>{name}</Name> {person.userId === user.id && <span className="muted">({t("you")})</span>}
        </p>
        <p className="muted small">
          {t(`role.${person.role}`)} · {t(place)}
          {isRecorded && ` · ${t("recording.recorded")}`}
        </p>
      </div>
      {mayAct && (
        <Menu trigger={<IconButton icon="more" label={t("people.more", { name })} />}>
          {person.admitted ? (
            <MenuItem icon="clock" onSelect={() => void act(() => client.room(id).hold(person.userId))}>
              {t("hold")}
            </MenuItem>
          ) : (
            <MenuItem icon="check" onSelect={() => void act(() => client.room(id).admit(person.userId))}>
              {t("admit")}
            </MenuItem>
          )}
          <MenuItem icon="close" danger onSelect={() => setAsked(true)}>
            {t("remove")}
          </MenuItem>
        </Menu>
      )}
      {isAsked && (
        <Confirm
          title={t("remove.title", { name })}
          confirm={t("remove")}
          danger
          onClose={() => setAsked(false)}
          onConfirm={() => act(() => client.consultations.removeParticipant(id, person.userId))}
        >
          <p>{t("remove.text")}</p>
        </Confirm>
      )}
    </li>
  );
}
