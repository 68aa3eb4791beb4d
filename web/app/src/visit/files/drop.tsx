/** Files that are dragged over the chat: where they may be let go. */
import { type DragEvent, type ReactNode, useRef, useState } from "react";
import { useTexts } from "../../texts/texts";
import { Icon } from "../../ui/icon";

interface Props {
  /** Null where no files can be sent now. */
  onFiles: ((files: readonly File[]) => void) | null;
  children: ReactNode;
}

export function DropPlace({ onFiles, children }: Props) {
  const { t } = useTexts();
  const [isOver, setOver] = useState(false);
  // Enter and leave come for each element that is passed on the way.
  const depth = useRef(0);
  const carriesFiles = ({ dataTransfer }: DragEvent) =>
    onFiles !== null && dataTransfer.types.includes("Files");

  const entered = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth.current += 1;
    setOver(true);
  };
  const left = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    depth.current -= 1;
    if (depth.current <= 0) setOver(false);
  };
  const dropped = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth.current = 0;
    setOver(false);
    onFiles?.([...event.dataTransfer.files]);
  };
  return (
    <div
      className="chat"
      onDragEnter={entered}
      onDragOver={(event) => carriesFiles(event) && event.preventDefault()}
      onDragLeave={left}
      onDrop={dropped}
    >
      {children}
      {isOver && (
        <p className="chat__drop">
          <Icon name="attach" />
          {t("file.drop")}
        </p>
      )}
    </div>
  );
}
