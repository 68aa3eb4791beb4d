import type { Room } from "@bedside/client";
import { type ClipboardEvent, lazy, useRef, useState } from "react";
import { useReadable } from "../store";
import { useTexts } from "../texts/texts";
import { IconButton } from "../ui/button";
import { Part } from "../ui/part";
import { CharactersLeft, MAX_CHARACTERS, directionOf, sendsByEnter } from "../ui/written";
import { removeUpload, uploadsOf } from "./files/uploads";
import { useAllDone } from "./files/all-done";
import { namesInWords } from "./files/words";

const UploadList = lazy(() => import("./files/upload-list").then((file) => ({ default: file.UploadList })));

/** Where one writes. Enter sends where there are keys; on a phone it begins a new line, as everywhere there. */
interface Props {
  room: Room;
  onFiles: (files: readonly File[]) => void;
  onSend: () => void;
}

export function Composer({ room, onFiles, onSend }: Props) {
  const { t } = useTexts();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState("");
  const picker = useRef<HTMLInputElement>(null);
  const uploads = useReadable(uploadsOf(room.id));
  const isDone = useAllDone(uploads);
  const isEmpty = text.trim() === "" && uploads.length === 0;

  const send = () => {
    if (isEmpty || !isDone) return;
    const attachments = uploads.flatMap(({ state }) => state.get().attachment ?? []);
    // What the server refuses stays in the list, marked as failed, with a way to try again.
    room.send(text.trim() || namesInWords(attachments), { attachments }).catch(() => undefined);
    setText("");
    uploadsOf(room.id).set([]);
    onSend();
    field.current?.focus();
  };

  const pasted = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files];
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files);
  };

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {uploads.length > 0 && (
        <div className="composer__files">
          <Part>
            <UploadList uploads={uploads} onRemove={(upload) => removeUpload(room.id, upload)} />
          </Part>
        </div>
      )}
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          // The same file can be picked again.
          target.value = "";
        }}
      />
      <IconButton icon="attach" label={t("file.add")} onClick={() => picker.current?.click()} />
      <textarea
        ref={field}
        className="input composer__field"
        dir={directionOf(text)}
        rows={1}
        maxLength={MAX_CHARACTERS}
        value={text}
        aria-label={t("chat.write")}
        placeholder={t("chat.write")}
        onChange={(event) => {
          setText(event.target.value);
          if (event.target.value.trim() === "") room.stopTyping();
          else room.typing();
        }}
        onBlur={() => room.stopTyping()}
        onKeyDown={sendsByEnter(send)}
        onPaste={pasted}
      />
      <IconButton
        type="submit"
        className="composer__send"
        icon="send"
        label={t("chat.send")}
        disabled={isEmpty || !isDone}
      />
      <CharactersLeft text={text} />
    </form>
  );
}
