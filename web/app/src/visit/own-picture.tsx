/** One's own picture: small, in a corner of choice, or out of the way. */
import type { LocalMedia } from "@bedside/client";
import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { useTexts } from "../texts/texts";
import { announce } from "../ui/announcer";
import { Button, IconButton } from "../ui/button";
import { Icon } from "../ui/icon";
import { Picture } from "./picture";

type Row = "top" | "bottom";
type Column = "start" | "end";

export function OwnPicture({ local }: { local: LocalMedia }) {
  const { t, direction } = useTexts();
  const [row, setRow] = useState<Row>("bottom");
  const [column, setColumn] = useState<Column>("end");
  const [isHidden, setHidden] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const from = useRef<{ x: number; y: number } | null>(null);

  if (isHidden) {
    return (
      <Button
        small
        className="own own--hidden"
        data-row={row}
        data-column={column}
        icon="user"
        onClick={() => setHidden(false)}
      >
        {t("own.show")}
      </Button>
    );
  }

  const moveTo = (nextRow: Row, nextColumn: Column) => {
    setRow(nextRow);
    setColumn(nextColumn);
    announce(t(`own.at.${nextRow}.${nextColumn}`));
  };
  const pressed = (event: KeyboardEvent) => {
    const [left, right]: [Column, Column] = direction === "rtl" ? ["end", "start"] : ["start", "end"];
    if (event.key === "ArrowUp") moveTo("top", column);
    else if (event.key === "ArrowDown") moveTo("bottom", column);
    else if (event.key === "ArrowLeft") moveTo(row, left);
    else if (event.key === "ArrowRight") moveTo(row, right);
    else return;
    event.preventDefault();
  };
  const dragged = (event: PointerEvent) => {
    if (!from.current) return;
    box.current?.style.setProperty(
      "translate",
      `${event.clientX - from.current.x}px ${event.clientY - from.current.y}px`,
    );
  };
  const dropped = () => {
    const stage = box.current?.parentElement?.getBoundingClientRect();
    const self = box.current?.getBoundingClientRect();
    from.current = null;
    box.current?.style.removeProperty("translate");
    if (!stage || !self) return;
    const isLeft = self.left + self.width / 2 < stage.left + stage.width / 2;
    const isTop = self.top + self.height / 2 < stage.top + stage.height / 2;
    setRow(isTop ? "top" : "bottom");
    setColumn(isLeft === (direction === "ltr") ? "start" : "end");
  };

  return (
    <div
      ref={box}
      className="own"
      data-row={row}
      data-column={column}
      onPointerDown={(event) => {
        if (event.target instanceof Element && event.target.closest("button")) return;
        from.current = { x: event.clientX, y: event.clientY };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={dragged}
      onPointerUp={dropped}
      onPointerCancel={dropped}
    >
      <Picture stream={local.video ? local.stream : null} label={t("own.picture")} mirrored muted />
      {!local.video && (
        <div className="own__instead">
          <Icon name="cameraOff" />
        </div>
      )}
      <p className="own__name">
        {!local.audio && <Icon name="microphoneOff" />}
        <span>{t("you")}</span>
      </p>
      <div className="own__do">
        <IconButton
          icon="more"
          label={t("own.move")}
          onKeyDown={pressed}
          onClick={() => moveTo(row === "top" ? "bottom" : "top", column)}
        />
        <IconButton icon="hide" label={t("own.hide")} onClick={() => setHidden(true)} />
      </div>
    </div>
  );
}
