/** The icons, drawn here so that nothing is fetched. They are never alone: words stand beside them or in a label. */
const PATHS = {
  microphone:
    "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21M8.5 21h7",
  microphoneOff:
    "M9 9v2a3 3 0 0 0 4.6 2.54M15 11V6a3 3 0 0 0-5.7-1.3M5.5 11a6.5 6.5 0 0 0 10.2 5.32M18.5 11a6.5 6.5 0 0 1-.55 2.6M12 17.5V21M8.5 21h7M3.5 3.5l17 17",
  camera:
    "M4.5 6.5h9a1.5 1.5 0 0 1 1.5 1.5v8a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 3 16V8a1.5 1.5 0 0 1 1.5-1.5ZM15 10.8l6-3.3v9l-6-3.3",
  cameraOff:
    "M10 6.5h3.5A1.5 1.5 0 0 1 15 8v3l6-3.5v9l-3.5-2M15 15.5v.5a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 3 16V8c0-.62.38-1.16.92-1.39M3.5 3.5l17 17",
  screen:
    "M4 4.5h16A1.5 1.5 0 0 1 21.5 6v9.5A1.5 1.5 0 0 1 20 17H4a1.5 1.5 0 0 1-1.5-1.5V6A1.5 1.5 0 0 1 4 4.5ZM8.5 20.5h7M12 17v3.5M12 14V8M9 10.5 12 7.5l3 3",
  screenOff:
    "M4 4.5h16A1.5 1.5 0 0 1 21.5 6v9.5A1.5 1.5 0 0 1 20 17H4a1.5 1.5 0 0 1-1.5-1.5V6A1.5 1.5 0 0 1 4 4.5ZM8.5 20.5h7M12 17v3.5M9.5 8.5l5 5M14.5 8.5l-5 5",
  chat: "M12 4c-5 0-9 3.2-9 7.25 0 2.25 1.25 4.25 3.2 5.6L5.5 20.5l4-2.1c.8.15 1.64.25 2.5.25 5 0 9-3.25 9-7.3S17 4 12 4Z",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c.4-3.7 3-6 6.5-6s6.1 2.3 6.5 6M15.5 4.3a3.5 3.5 0 0 1 0 6.4M18 14.6c2 .9 3.2 2.8 3.5 5.4",
  leave:
    "M3 14.5c-.5-3 3.5-6.5 9-6.5s9.5 3.5 9 6.5c-.12.9-.6 1.5-1.4 1.5h-2.9c-.8 0-1.3-.5-1.4-1.3l-.3-1.9a11 11 0 0 0-6 0l-.3 1.9c-.1.8-.6 1.3-1.4 1.3H4.4c-.8 0-1.28-.6-1.4-1.5Z",
  devices:
    "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM9 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
  fullScreen:
    "M4 9V5.5A1.5 1.5 0 0 1 5.5 4H9M15 4h3.5A1.5 1.5 0 0 1 20 5.5V9M20 15v3.5a1.5 1.5 0 0 1-1.5 1.5H15M9 20H5.5A1.5 1.5 0 0 1 4 18.5V15",
  more: "M5.5 11.4a.6.6 0 1 0 0 1.2.6.6 0 0 0 0-1.2ZM12 11.4a.6.6 0 1 0 0 1.2.6.6 0 0 0 0-1.2ZM18.5 11.4a.6.6 0 1 0 0 1.2.6.6 0 0 0 0-1.2Z",
  help: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM9.5 9.5A2.5 2.5 0 1 1 13 11.8c-.7.35-1 .8-1 1.7M12 16.8h.01",
  close: "M6 6l12 12M18 6 6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  sent: "M6 12.5l4 4 8-9",
  delivered: "M2.5 12.5l4 4 8-9M11 15.5l1 1 8.5-9",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5.3l3.3 2",
  warning: "M12 4 2.8 19.5h18.4L12 4ZM12 10v4.5M12 17h.01",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v5M12 8h.01",
  copy: "M9 9h9.5A1.5 1.5 0 0 1 20 10.5V19a1.5 1.5 0 0 1-1.5 1.5H10A1.5 1.5 0 0 1 8.5 19V9.5M8.5 15.5H5.5A1.5 1.5 0 0 1 4 14V5.5A1.5 1.5 0 0 1 5.5 4H14a1.5 1.5 0 0 1 1.5 1.5V9",
  send: "M4 12 3.5 4.5 21 12 3.5 19.5 4 12ZM4 12h9",
  plus: "M12 5v14M5 12h14",
  link: "M10 14a4 4 0 0 0 5.7 0l3.5-3.5a4 4 0 0 0-5.7-5.7L12 6.3M14 10a4 4 0 0 0-5.7 0l-3.5 3.5a4 4 0 0 0 5.7 5.7l1.5-1.5",
  back: "M15 5l-7 7 7 7",
  forward: "M9 5l7 7-7 7",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 20.5c.6-4 3.8-6.5 8-6.5s7.4 2.5 8 6.5",
  bell: "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15L6 16.5ZM10 20.5h4",
  signal: "M4 19.5v-3M9.3 19.5v-7M14.7 19.5v-11M20 19.5v-15",
  offline: "M3 3l18 18M5 12.5a10 10 0 0 1 4-2.4M19 12.5a10 10 0 0 0-5.6-2.8M8.5 16a5 5 0 0 1 6 .1M12 20h.01",
  hide: "M5 12h14",
  speaker: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5H4ZM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
  key: "M8 15.5a4.5 4.5 0 1 1 4.2-6.1L21 9.5v3h-2v3h-3.5v-3h-3.3A4.5 4.5 0 0 1 8 15.5ZM7.5 11h.01",
  record: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 15.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z",
  recordStop: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM9 9h6v6H9Z",
  file: "M13.5 3.5H7A1.5 1.5 0 0 0 5.5 5v14A1.5 1.5 0 0 0 7 20.5h10a1.5 1.5 0 0 0 1.5-1.5V8.5l-5-5ZM13.5 3.5v5h5",
  attach:
    "M19.5 11.5 12 19a4.6 4.6 0 0 1-6.5-6.5l8-8a3.1 3.1 0 0 1 4.4 4.4l-7.7 7.6a1.5 1.5 0 0 1-2.2-2.1l6.9-6.9",
  download: "M12 4v11M7.5 10.5 12 15l4.5-4.5M5 19.5h14",
  play: "M7.5 5v14l11-7-11-7Z",
  pause: "M8.5 5v14M15.5 5v14",
  trash: "M4.5 6.5h15M9.5 6.5v-2h5v2M6.5 6.5l.8 13h9.4l.8-13M10 10.5v5.5M14 10.5v5.5",
  calendar:
    "M5.5 5.5h13A1.5 1.5 0 0 1 20 7v11.5a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18.5V7a1.5 1.5 0 0 1 1.5-1.5ZM4 10h16M8.5 3.5v4M15.5 3.5v4",
} as const;

export type IconName = keyof typeof PATHS;

/** Icons that point along the line of writing turn round with it. */
const DIRECTED: ReadonlySet<IconName> = new Set<IconName>(["send", "back", "forward"]);

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      className={DIRECTED.has(name) ? "icon icon--directed" : "icon"}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark of the product. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" />
      <path d="M6 17h5l2.5-6.5 5 12L21 17h5" />
    </svg>
  );
}
