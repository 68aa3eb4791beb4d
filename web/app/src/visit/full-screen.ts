export const canFullScreen = (): boolean => document.fullscreenEnabled === true;

/** Browsers refuse it where a policy says so; the page stays as it is then. */
export function toggleFullScreen(): void {
  if (!canFullScreen()) return;
  // The whole document: dialogs stand at its end and would not be seen over a part of it.
  const done = document.fullscreenElement
    ? document.exitFullscreen()
    : document.documentElement.requestFullscreen();
  done.catch(() => undefined);
}
