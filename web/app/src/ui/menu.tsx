/** Menus, on Base UI: arrow keys, typing ahead, and a place where they are wholly seen. */
import { Menu as Base } from "@base-ui/react/menu";
import { type ReactElement, type ReactNode, useState } from "react";
import { Icon, type IconName } from "./icon";

/** `trigger` is a button of ours; it is told that it has a menu. */
export function Menu({ trigger, children }: { trigger: ReactElement; children: ReactNode }) {
  // It stands beside its button, so that it belongs to the same part of the page, and is fixed, so that nothing cuts it.
  const [place, setPlace] = useState<HTMLElement | null>(null);
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <span ref={setPlace} />
      <Base.Portal container={place}>
        <Base.Positioner
          className="menu-place"
          positionMethod="fixed"
          sideOffset={8}
          align="end"
          collisionPadding={8}
        >
          <Base.Popup className="menu">{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

interface ItemProps {
  icon?: IconName;
  danger?: boolean;
  /** A key that does the same. */
  shortcut?: string;
  onSelect: () => void;
  children: ReactNode;
}

export function MenuItem({ icon, danger = false, shortcut, onSelect, children }: ItemProps) {
  return (
    <Base.Item className={danger ? "menu__item menu__item--danger" : "menu__item"} onClick={onSelect}>
      {icon && <Icon name={icon} />}
      <span className="menu__label">{children}</span>
      {shortcut !== undefined && <kbd aria-hidden="true">{shortcut}</kbd>}
    </Base.Item>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly { value: string; label: string }[];
  onChoose: (value: string) => void;
}

export function MenuChoice({ label, value, options, onChoose }: ChoiceProps) {
  return (
    <Base.Group>
      <Base.GroupLabel className="menu__heading">{label}</Base.GroupLabel>
      <Base.RadioGroup value={value} onValueChange={(chosen) => onChoose(String(chosen))}>
        {options.map((option) => (
          <Base.RadioItem key={option.value} className="menu__item" value={option.value} closeOnClick>
            <span className="menu__mark">
              <Base.RadioItemIndicator>
                <Icon name="check" />
              </Base.RadioItemIndicator>
            </span>
            <span className="menu__label">{option.label}</span>
          </Base.RadioItem>
        ))}
      </Base.RadioGroup>
    </Base.Group>
  );
}

export const MenuRule = () => <Base.Separator className="menu__rule" />;
