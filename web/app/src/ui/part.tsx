/** Parts of a page that are fetched when they are needed. */
import { Component, type ReactNode, Suspense } from "react";
import { useTexts } from "../texts/texts";
import { Button } from "./button";
import { Notice } from "./notice";

interface Props {
  /** What stands there until it is fetched. */
  fallback?: ReactNode;
  /** What stands there when it could not be fetched, in place of a notice. */
  lost?: ReactNode;
  /** Puts the notice away, where somebody has asked for the part. */
  onClose?: () => void;
  children: ReactNode;
}

/**
 * Where a part cannot be fetched, since the network is away or the server has a newer version by now, that is said in its
 * place, and the page around it goes on: a call does not end for want of a dialog.
 */
export class Part extends Component<Props, { isLost: boolean }> {
  override state = { isLost: false };

  static getDerivedStateFromError() {
    return { isLost: true };
  }

  override render() {
    const { fallback = null, lost, onClose, children } = this.props;
    if (!this.state.isLost) return <Suspense fallback={fallback}>{children}</Suspense>;
    return lost === undefined ? <Lost {...(onClose && { onClose })} /> : lost;
  }
}

function Lost({ onClose }: { onClose?: () => void }) {
  const { t } = useTexts();
  const actions = (
    <>
      <Button onClick={() => window.location.reload()}>{t("broken.reload")}</Button>
      {onClose && <Button onClick={onClose}>{t("close")}</Button>}
    </>
  );
  return (
    <div className="lost">
      <Notice kind="bad" urgent title={t("broken.title")} actions={actions}>
        {t("broken.text")}
      </Notice>
    </div>
  );
}
