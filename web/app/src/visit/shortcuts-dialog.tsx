import { prefer, usePreferences } from "../preferences";
import { useTexts } from "../texts/texts";
import { Dialog } from "../ui/dialog";
import { KEYS, VERBS, type Verb } from "./shortcuts";

interface Props {
  /** What this person may not do. */
  without: readonly Verb[];
  onClose: () => void;
}

export function ShortcutsDialog({ without, onClose }: Props) {
  const { t } = useTexts();
  const { shortcuts } = usePreferences();
  return (
    <Dialog title={t("shortcuts")} onClose={onClose}>
      <dl className="keys">
        {VERBS.filter((verb) => !without.includes(verb)).map((verb) => (
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
