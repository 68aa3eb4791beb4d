/** Dialogs, on Base UI: focus goes in and comes back, Escape closes, the page behind is out of reach. */
import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Dialog as Base } from "@base-ui/react/dialog";
import { type ReactNode, type RefObject, useState } from "react";
import { useTexts } from "../texts/texts";
import { Button, IconButton } from "./button";

interface Props {
  title: string;
  onClose: () => void;
  wide?: boolean;
  /** What has the focus first, where it is not the first thing that can have it. */
  initialFocus?: RefObject<HTMLElement | null>;
  /** What stays in sight, however long the rest is. */
  foot?: ReactNode;
  children: ReactNode;
}

/** It is open as long as it stands in the tree. */
export function Dialog({ title, onClose, wide = false, initialFocus, foot, children }: Props) {
  const { t } = useTexts();
  return (
    <Base.Root open onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup
          className={wide ? "dialog dialog--wide" : "dialog"}
          {...(initialFocus && { initialFocus })}
        >
          <header className="dialog__head">
            <Base.Title className="dialog__title">{title}</Base.Title>
          </header>
          <div className="dialog__body">{children}</div>
          {foot}
          {/* Last, so that the focus begins with what the dialog is for. */}
          <Base.Close className="dialog__close" render={<IconButton icon="close" label={t("close")} />} />
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

interface ConfirmProps {
  title: string;
  children: ReactNode;
  confirm: string;
  danger?: boolean;
  /** The dialog closes when it is done; what it throws is shown by whoever asked. */
  onConfirm: () => void | Promise<void>;
  onClose: () => void;
  /** What has the focus first, where it is not the way back. */
  initialFocus?: RefObject<HTMLElement | null>;
}

/** A question before something that cannot be taken back. */
export function Confirm({
  title,
  children,
  confirm,
  danger = false,
  onConfirm,
  onClose,
  initialFocus,
}: ConfirmProps) {
  const { t } = useTexts();
  const [isBusy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } finally {
      setBusy(false);
    }
  };
  return (
    <AlertDialog.Root open onOpenChange={(open) => !open && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="backdrop" />
        <AlertDialog.Popup className="dialog" {...(initialFocus && { initialFocus })}>
          <header className="dialog__head">
            <AlertDialog.Title className="dialog__title">{title}</AlertDialog.Title>
          </header>
          <AlertDialog.Description className="dialog__body" render={<div />}>
            {children}
          </AlertDialog.Description>
          <footer className="dialog__foot">
            <AlertDialog.Close render={<Button>{t("back")}</Button>} />
            <Button look={danger ? "danger" : "primary"} busy={isBusy} onClick={() => void go()}>
              {confirm}
            </Button>
          </footer>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
