import { allowNotifications, useNotificationPermission } from "../attention";
import { useTexts } from "../texts/texts";
import { MenuItem } from "../ui/menu";

/** Stands only as long as there is something to allow. */
export function NotificationItem() {
  const { t } = useTexts();
  if (useNotificationPermission() !== "default") return null;
  return (
    <MenuItem icon="info" onSelect={() => void allowNotifications()}>
      {t("notifications.allow")}
    </MenuItem>
  );
}
