/** What a doctor may do with a visit besides opening it. */
import { type Consultation, Refused } from "@bedside/client";
import { useState } from "react";
import { useSomebody } from "../identity/identity";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { announce } from "../ui/announcer";
import { IconButton } from "../ui/button";
import { Confirm } from "../ui/dialog";
import { Menu, MenuItem } from "../ui/menu";
import { Notice } from "../ui/notice";
import { mayCallOff, mayReopen } from "./may-do";

export function VisitMenu({ visit, name }: { visit: Consultation; name: string }) {
  const { t } = useTexts();
  const { client } = useSomebody();
  const [asked, setAsked] = useState<"cancel" | "noShow" | null>(null);
  const [problem, setProblem] = useState<Refused | null>(null);

  const act = async (verb: () => Promise<unknown>) => {
    setProblem(null);
    try {
      await verb();
    } catch (thrown) {
      const refused = Refused.of(thrown);
      setProblem(refused);
      announce(t(problemKey(refused)), "urgent");
    }
  };

  return (
    <>
      <Menu trigger={<IconButton icon="more" label={t("visit.more", { name })} />}>
        {mayCallOff(visit) && <MenuItem onSelect={() => setAsked("noShow")}>{t("visit.noShow")}</MenuItem>}
        {mayCallOff(visit) && (
          <MenuItem danger onSelect={() => setAsked("cancel")}>
            {t("visit.cancel")}
          </MenuItem>
        )}
        {mayReopen(visit, Date.now()) && (
          <MenuItem onSelect={() => void act(() => client.consultations.reopen(visit.id))}>
            {t("visit.reopen")}
          </MenuItem>
        )}
      </Menu>
      {asked && (
        <Confirm
          title={t(asked === "cancel" ? "visit.cancelTitle" : "visit.noShowTitle", { name })}
          confirm={t(asked === "cancel" ? "visit.cancel" : "visit.noShow")}
          danger
          onClose={() => setAsked(null)}
          onConfirm={() =>
            act(() =>
              asked === "cancel"
                ? client.consultations.cancel(visit.id)
                : client.consultations.noShow(visit.id),
            )
          }
        >
          <p>{t(asked === "cancel" ? "visit.cancelText" : "visit.noShowText")}</p>
        </Confirm>
      )}
      {problem && (
        <div className="visit__problem">
          <Notice kind="bad">{t(problemKey(problem))}</Notice>
        </div>
      )}
    </>
  );
}
