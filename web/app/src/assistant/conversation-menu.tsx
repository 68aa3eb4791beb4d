/** What one may do with a conversation as a whole: give it a title, delete it. */
import { type Conversation, Refused } from "@bedside/client";
import { type FormEvent, useState } from "react";
import { useSomebody } from "../identity/identity";
import { problemKey } from "../texts/problem";
import { useTexts } from "../texts/texts";
import { Button, IconButton } from "../ui/button";
import { Confirm, Dialog } from "../ui/dialog";
import { TextField } from "../ui/field";
import { Menu, MenuItem } from "../ui/menu";
import { Notice } from "../ui/notice";

interface Props {
  conversation: Conversation;
  name: string;
  onDeleted: () => void;
}

export function ConversationMenu({ conversation, name, onDeleted }: Props) {
  const { t } = useTexts();
  const [asked, setAsked] = useState<"rename" | "delete" | null>(null);
  const close = () => setAsked(null);
  return (
    <>
      <Menu
        trigger={
          <IconButton icon="more" label={t("conversation.of", { name: conversation.title ?? name })} />
        }
      >
        <MenuItem onSelect={() => setAsked("rename")}>{t("conversation.rename")}</MenuItem>
        <MenuItem danger onSelect={() => setAsked("delete")}>
          {t("conversation.delete")}
        </MenuItem>
      </Menu>
      {asked === "rename" && <RenameDialog conversation={conversation} onClose={close} />}
      {asked === "delete" && <Deletion id={conversation.id} onClose={close} onDeleted={onDeleted} />}
    </>
  );
}

function Deletion({ id, onClose, onDeleted }: { id: string; onClose: () => void; onDeleted: () => void }) {
  const { t } = useTexts();
  const { client } = useSomebody();
  const [problem, setProblem] = useState<Refused | null>(null);
  const remove = async () => {
    try {
      await client.conversations.remove(id);
      onDeleted();
    } catch (thrown) {
      setProblem(Refused.of(thrown));
      throw thrown;
    }
  };
  return (
    <Confirm
      title={t("conversation.deleteTitle")}
      confirm={t("conversation.delete")}
      danger
      onConfirm={() => remove().catch(() => new Promise<never>(() => {}))}
      onClose={onClose}
    >
      <p>{t("conversation.deleteText")}</p>
      {problem && (
        <Notice kind="bad" urgent>
          {t(problemKey(problem))}
        </Notice>
      )}
    </Confirm>
  );
}

function RenameDialog({ conversation, onClose }: { conversation: Conversation; onClose: () => void }) {
  const { t } = useTexts();
  const { client } = useSomebody();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Refused | null>(null);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const title = String(new FormData(event.currentTarget).get("title") ?? "").trim();
    setBusy(true);
    setProblem(null);
    try {
      await client.conversations.rename(conversation.id, title === "" ? null : title);
      onClose();
    } catch (thrown) {
      setProblem(Refused.of(thrown));
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("conversation.rename")} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        {problem && (
          <Notice kind="bad" urgent>
            {t(problemKey(problem))}
          </Notice>
        )}
        <TextField
          label={t("conversation.name")}
          hint={t("conversation.nameHint")}
          name="title"
          maxLength={200}
          autoComplete="off"
          defaultValue={conversation.title ?? ""}
        />
        <div className="button-row button-row--end">
          <Button type="submit" look="primary" busy={isBusy}>
            {t("conversation.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
