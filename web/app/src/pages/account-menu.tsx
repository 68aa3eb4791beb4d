/** Who one is here, and what one may do about it. */
import { useState } from "react";
import { signOut, useSomebody } from "../identity/identity";
import { go, paths } from "../router";
import { prefer, usePreferences } from "../preferences";
import { useTexts } from "../texts/texts";
import { Icon } from "../ui/icon";
import { Menu, MenuItem, MenuRule } from "../ui/menu";
import { NotificationItem } from "./notification-item";
import { PasswordDialog } from "./password-dialog";
import "../styles/overlay.css";

export function AccountMenu() {
  const { t } = useTexts();
  const { user, way } = useSomebody();
  const { sound } = usePreferences();
  const [isChanging, setChanging] = useState(false);
  const name = user.name ?? t("somebody");
  return (
    <>
      <Menu
        trigger={
          <button
            type="button"
            className="button button--quiet head__person"
            aria-label={t("account.menu", { name })}
          >
            <Icon name="user" />
            <bdi className="head__name">{name}</bdi>
          </button>
        }
      >
        <MenuItem icon={sound ? "bell" : "hide"} onSelect={() => prefer({ sound: !sound })}>
          {t(sound ? "sound.off" : "sound.on")}
        </MenuItem>
        <NotificationItem />
        <MenuItem icon="devices" onSelect={() => go(paths.check())}>
          {t("welcome.check")}
        </MenuItem>
        {way.kind === "account" && (
          <>
            <MenuItem icon="key" onSelect={() => setChanging(true)}>
              {t("password.change")}
            </MenuItem>
            <MenuRule />
            <MenuItem onSelect={() => void signOut("everywhere").catch(() => undefined)}>
              {t("account.leaveAll")}
            </MenuItem>
          </>
        )}
        <MenuItem icon="leave" onSelect={() => void signOut().catch(() => undefined)}>
          {t("account.leave")}
        </MenuItem>
      </Menu>
      {isChanging && <PasswordDialog onClose={() => setChanging(false)} />}
    </>
  );
}
