/** The files of the next message: how far each is, and the way to stop it or to try again. */
import type { Upload } from "@bedside/client";
import { useReadable } from "../../store";
import { useTexts } from "../../texts/texts";
import { Button, IconButton } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Name } from "../../ui/person";
import { kindInWords, sizeInWords, uploadProblem } from "./words";

interface Props {
  uploads: readonly Upload[];
  onRemove: (upload: Upload) => void;
}

export function UploadList({ uploads, onRemove }: Props) {
  const { t } = useTexts();
  return (
    <ul className="uploads" aria-label={t("file.files")}>
      {uploads.map((upload) => (
        <UploadLine key={upload.id} upload={upload} onRemove={() => onRemove(upload)} />
      ))}
    </ul>
  );
}

function UploadLine({ upload, onRemove }: { upload: Upload; onRemove: () => void }) {
  const { t, language } = useTexts();
  const { status, sentBytes, totalBytes, error } = useReadable(upload.state);
  const { name, size, type } = upload.file;
  const share = totalBytes > 0 ? sentBytes / totalBytes : 1;
  const percent = new Intl.NumberFormat(language, { style: "percent" }).format(share);
  return (
    <li className="upload">
      <Icon name="file" />
      <div className="upload__what">
        <p className="upload__name">
          <Name>{name}</Name>
        </p>
        <p className="muted small">
          {kindInWords(name, type)} · {sizeInWords(size, language)}
          {status === "sending" && ` · ${t("file.sending", { percent })}`}
          {status === "done" && ` · ${t("file.ready")}`}
        </p>
        {status === "sending" && (
          <progress
            className="upload__bar"
            max={1}
            value={share}
            aria-label={t("file.progress", { percent, name })}
          />
        )}
        {status === "failed" && error && (
          <p className="upload__problem" role="alert">
            {t(uploadProblem(error))}{" "}
            <Button small onClick={() => upload.retry()}>
              {t("retry")}
            </Button>
          </p>
        )}
      </div>
      <IconButton
        icon="close"
        label={t(status === "sending" ? "file.cancel" : "file.remove", { name })}
        onClick={onRemove}
      />
    </li>
  );
}
