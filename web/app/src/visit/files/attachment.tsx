/** A file of a message: what it is, the picture where it is one, and the way to have it. */
import { type Attachment, Refused } from "@bedside/client";
import { useEffect, useRef, useState } from "react";
import { useSomebody } from "../../identity/identity";
import { useTexts } from "../../texts/texts";
import { announce } from "../../ui/announcer";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import { Name } from "../../ui/person";
import { saveBlob } from "./save";
import { isPreviewed, kindInWords, sizeInWords, uploadProblem } from "./words";

export function AttachmentList({ attachments }: { attachments: readonly Attachment[] }) {
  return (
    <ul className="attachments">
      {attachments.map((attachment) => (
        <AttachmentLine key={attachment.id} attachment={attachment} />
      ))}
    </ul>
  );
}

function AttachmentLine({ attachment }: { attachment: Attachment }) {
  const { t, language } = useTexts();
  const { client } = useSomebody();
  const { id, name, contentType, bytes } = attachment;
  const [received, setReceived] = useState<number | null>(null);
  const [problem, setProblem] = useState<Refused | null>(null);

  const save = async () => {
    if (received !== null) return;
    setReceived(0);
    setProblem(null);
    announce(t("file.downloading"));
    try {
      saveBlob(await client.files.download(id, { onProgress: setReceived }), name);
    } catch (thrown) {
      setProblem(Refused.of(thrown));
    } finally {
      setReceived(null);
    }
  };

  return (
    <li className="attachment">
      {isPreviewed(attachment) && <Preview attachment={attachment} />}
      <div className="attachment__row">
        <Icon name="file" />
        <div className="attachment__what">
          <p className="attachment__name">
            <Name>{name}</Name>
          </p>
          <p className="muted small">
            {kindInWords(name, contentType)} · {sizeInWords(bytes, language)}
          </p>
          {received !== null && (
            <progress
              className="upload__bar"
              max={bytes}
              value={received}
              aria-label={t("file.downloading")}
            />
          )}
        </div>
        <Button
          small
          icon="download"
          busy={received !== null}
          aria-label={t("file.download", { name })}
          onClick={() => void save()}
        >
          {t("file.save")}
        </Button>
      </div>
      {problem && (
        <p className="upload__problem" role="alert">
          {t("file.downloadFailed")} {t(uploadProblem(problem))}
        </p>
      )}
    </li>
  );
}

/** Fetched when it comes into sight; shown large when it is pressed. */
function Preview({ attachment }: { attachment: Attachment }) {
  const { t } = useTexts();
  const { client } = useSomebody();
  const { id, name } = attachment;
  const place = useRef<HTMLButtonElement>(null);
  const [isSeen, setSeen] = useState(false);
  const [address, setAddress] = useState<string | null>(null);
  const [isLarge, setLarge] = useState(false);

  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const watch = new IntersectionObserver(([entry]) => entry?.isIntersecting && setSeen(true));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  useEffect(() => {
    if (!isSeen) return undefined;
    const stop = new AbortController();
    let made: string | null = null;
    client.files.download(id, { signal: stop.signal }).then(
      (blob) => {
        if (stop.signal.aborted) return;
        made = URL.createObjectURL(blob);
        setAddress(made);
      },
      // Without the picture there is still the file, and the button that says what is wrong with it.
      () => undefined,
    );
    return () => {
      stop.abort();
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [client, id, isSeen]);

  return (
    <>
      <button
        ref={place}
        type="button"
        className="attachment__preview"
        aria-label={t("file.show", { name })}
        disabled={address === null}
        onClick={() => setLarge(true)}
      >
        {address !== null && <img src={address} alt="" />}
      </button>
      {isLarge && address !== null && (
        <Dialog title={name} wide onClose={() => setLarge(false)}>
          <img className="attachment__large" src={address} alt={t("file.picture", { name })} />
        </Dialog>
      )}
    </>
  );
}
