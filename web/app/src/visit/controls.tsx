/** What one does in a visit. Every button says in words what a press does. */
import type { LocalMedia } from "@bedside/client";
import type { ReactNode } from "react";
import { prefer, usePreferences } from "../preferences";
import { useTexts } from "../texts/texts";
import { Icon, type IconName } from "../ui/icon";
import { Menu, MenuItem, MenuRule } from "../ui/menu";
import type { Panel } from "./side-panel";
import { canFullScreen } from "./full-screen";
import { KEYS, type Verb } from "./shortcuts";

interface Props {
  local: LocalMedia;
  panel: Panel | null;
  unread: number;
  hasAssistants: boolean;
  /** Null where this person cannot record. */
  recording: "on" | "off" | null;
  verbs: Record<Verb, () => void>;
}

export const controlId = (verb: Verb): string => `control-${verb}`;

/** Phones do not share their screens. */
const canShare = () => "getDisplayMedia" in (navigator.mediaDevices ?? {});

export function Controls({ local, panel, unread, hasAssistants, recording, verbs }: Props) {
  const { t } = useTexts();
  const { sound } = usePreferences();
  return (
    <footer className="controls" id="controls" aria-label={t("controls")} tabIndex={-1}>
      <Control
        icon={local.audio ? "microphone" : "microphoneOff"}
        label={t(local.audio ? "microphone.off" : "microphone.on")}
        short={t("microphone")}
        verb="microphone"
        isOff={!local.audio}
        onClick={verbs.microphone}
      />
      <Control
        icon={local.video ? "camera" : "cameraOff"}
        label={t(local.video ? "camera.off" : "camera.on")}
        short={t("camera")}
        verb="camera"
        isOff={!local.video}
        onClick={verbs.camera}
      />
      {canShare() && (
        <Control
          icon={local.screen ? "screenOff" : "screen"}
          label={t(local.screen ? "screen.stop" : "screen.share")}
          short={t("screen")}
          verb="screen"
          isOn={local.screen}
          isRoomy
          onClick={verbs.screen}
        />
      )}
      <Control
        icon="chat"
        label={
          unread > 0
            ? t("chat.openUnread", { count: unread })
            : t(panel === "chat" ? "chat.close" : "chat.open")
        }
        short={t("chat")}
        verb="chat"
        isOn={panel === "chat"}
        onClick={verbs.chat}
      >
        {unread > 0 && (
          // Drawn, not written: the button's name says it, and ought to begin with what is written on it.
          <span className="control__count" data-count={unread > 99 ? "99+" : unread} aria-hidden="true" />
        )}
      </Control>
      <Control
        icon="people"
        label={t(panel === "people" ? "people.close" : "people.open")}
        short={t("people")}
        verb="people"
        isOn={panel === "people"}
        isRoomy
        onClick={verbs.people}
      />
      {recording && (
        <Control
          icon={recording === "on" ? "recordStop" : "record"}
          label={t(recording === "on" ? "record.stop" : "record.start")}
          short={t("record")}
          verb="record"
          isOn={recording === "on"}
          isRoomy
          onClick={verbs.record}
        />
      )}
      <Menu
        trigger={
          <button type="button" className="control">
            <span className="control__icon">
              <Icon name="more" />
            </span>
            <span className="control__label">{t("more")}</span>
          </button>
        }
      >
        {canShare() && (
          <MenuItem
            icon={local.screen ? "screenOff" : "screen"}
            shortcut={KEYS.screen.shown}
            onSelect={verbs.screen}
          >
            {t(local.screen ? "screen.stop" : "screen.share")}
          </MenuItem>
        )}
        <MenuItem icon="people" shortcut={KEYS.people.shown} onSelect={verbs.people}>
          {t(panel === "people" ? "people.close" : "people.open")}
        </MenuItem>
        {hasAssistants && (
          <MenuItem icon="machine" shortcut={KEYS.assistant.shown} onSelect={verbs.assistant}>
            {t(panel === "assistant" ? "assistant.close" : "assistant.open")}
          </MenuItem>
        )}
        {recording && (
          <MenuItem
            icon={recording === "on" ? "recordStop" : "record"}
            shortcut={KEYS.record.shown}
            onSelect={verbs.record}
          >
            {t(recording === "on" ? "record.stop" : "record.start")}
          </MenuItem>
        )}
        <MenuItem icon="devices" shortcut={KEYS.devices.shown} onSelect={verbs.devices}>
          {t("devices")}
        </MenuItem>
        {canFullScreen() && (
          <MenuItem icon="fullScreen" shortcut={KEYS.fullScreen.shown} onSelect={verbs.fullScreen}>
            {t("fullScreen")}
          </MenuItem>
        )}
        <MenuItem icon={sound ? "bell" : "hide"} onSelect={() => prefer({ sound: !sound })}>
          {t(sound ? "sound.off" : "sound.on")}
        </MenuItem>
        <MenuRule />
        <MenuItem icon="help" shortcut={KEYS.shortcuts.shown} onSelect={verbs.shortcuts}>
          {t("shortcuts")}
        </MenuItem>
      </Menu>
      <Control
        icon="leave"
        label={t("leave")}
        short={t("leave.short")}
        verb="leave"
        isLeave
        onClick={verbs.leave}
      />
    </footer>
  );
}

interface ControlProps {
  icon: IconName;
  /** What a press does. */
  label: string;
  /** The word under the icon; it is part of the label in spirit, and stays the same. */
  short: string;
  verb: Verb;
  isOn?: boolean;
  isOff?: boolean;
  isLeave?: boolean;
  /** Only where there is room; it stands in the menu too. */
  isRoomy?: boolean;
  onClick: () => void;
  children?: ReactNode;
}

function Control({
  icon,
  label,
  short,
  verb,
  isOn,
  isOff,
  isLeave,
  isRoomy,
  onClick,
  children,
}: ControlProps) {
  const { shortcuts } = usePreferences();
  const { code, shown } = KEYS[verb];
  const classes = [
    "control",
    isOn && "control--on",
    isOff && "control--off",
    isLeave && "control--leave",
    isRoomy && "control--roomy",
  ];
  return (
    <button
      type="button"
      id={controlId(verb)}
      className={classes.filter(Boolean).join(" ")}
      aria-label={label}
      aria-keyshortcuts={shortcuts && code.startsWith("Key") ? shown : undefined}
      title={shortcuts ? `${label} (${shown})` : label}
      onClick={onClick}
    >
      <span className="control__icon">
        <Icon name={icon} />
        {children}
      </span>
      <span className="control__label">{short}</span>
    </button>
  );
}
