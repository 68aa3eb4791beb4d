import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon";

type Kind = "info" | "good" | "warning" | "bad";
const ICONS: Record<Kind, IconName> = { info: "info", good: "check", warning: "warning", bad: "warning" };

interface Props {
  kind: Kind;
  title?: string;
  children?: ReactNode;
  /** Buttons: what one can do about it. */
  actions?: ReactNode;
  /** Read out at once when it appears; without it, when there is time. */
  urgent?: boolean;
}

/** Something that one should know, with what to do about it. */
export function Notice({ kind, title, children, actions, urgent = false }: Props) {
  return (
    <div className={`notice notice--${kind}`} role={urgent ? "alert" : "status"}>
      <Icon name={ICONS[kind]} />
      <div className="notice__body">
        {title !== undefined && <p className="notice__title">{title}</p>}
        {children !== undefined && <div className="notice__text">{children}</div>}
        {actions !== undefined && <div className="notice__actions">{actions}</div>}
      </div>
    </div>
  );
}
