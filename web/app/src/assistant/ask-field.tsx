/** Where one asks. Enter sends where there are keys; on a phone it begins a new line, as everywhere there. */
import { useRef, useState } from "react";
import { useTexts } from "../texts/texts";
import { Button, IconButton } from "../ui/button";
import { CharactersLeft, MAX_CHARACTERS, directionOf, sendsByEnter } from "../ui/written";

interface Props {
  /** Whom. */
  name: string;
  onAsk: (question: string) => void;
  /** While an answer is being written there is nothing to be asked, but it can be stopped. */
  onStop: (() => void) | null;
}

export function AskField({ name, onAsk, onStop }: Props) {
  const { t } = useTexts();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState("");
  const mayAsk = text.trim() !== "" && onStop === null;

  const ask = () => {
    if (!mayAsk) return;
    onAsk(text.trim());
    setText("");
    field.current?.focus();
  };

  const label = t("assistant.question", { name });
  return (
    <form
      className="composer composer--ask"
      onSubmit={(event) => {
        event.preventDefault();
        ask();
      }}
    >
      <textarea
        ref={field}
        className="input composer__field"
        dir={directionOf(text)}
        rows={1}
        maxLength={MAX_CHARACTERS}
        value={text}
        aria-label={label}
        placeholder={label}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={sendsByEnter(ask)}
      />
      {onStop ? (
        <Button onClick={onStop}>{t("assistant.stop")}</Button>
      ) : (
        <IconButton
          type="submit"
          className="composer__send"
          icon="send"
          label={t("assistant.send")}
          disabled={!mayAsk}
        />
      )}
      <CharactersLeft text={text} />
    </form>
  );
}
