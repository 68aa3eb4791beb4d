import { prefer, usePreferences } from "../preferences";
import { useTexts } from "../texts/texts";
import { Dialog } from "../ui/dialog";
import { KEYS, VERBS } from "./shortcuts";

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTexts();
  const { shortcuts } = usePreferences();
  return (
    <Dialog title={t("shortcuts")} onClose={onClose}>
      <dl className="keys">
        {VERBS.map((verb) => (
          <div key={verb} className="keys__row">
            <dt>{t(`key.${verb}`)}</dt>
            <dd>
              <kbd>{KEYS[verb].shown}</kbd>
            </dd>
          </div>
        ))}
      </dl>
      <label className="choice">
        <input
          type="checkbox"
          checked={shortcuts}
          onChange={(event) => prefer({ shortcuts: event.target.checked })}
        />
        <span>{t("shortcuts.use")}</span>
      </label>
      <p className="muted small">{t("shortcuts.own")}</p>
    </Dialog>
  );
}
