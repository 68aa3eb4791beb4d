/** What a file of tests has: a server with the pages for people, a browser, and for each test a visit of its own. */
import { afterAll, afterEach, beforeAll, beforeEach, inject } from "vitest";
import { type Browser, chromium } from "./browser.js";
import { Meeting } from "./people.js";
import { type Server, type Settings, startServer } from "./server.js";

export interface Place {
  readonly server: Server;
  readonly browser: Browser;
  readonly meeting: Meeting;
}

/** To be called once, at the top of the file: what is in it is there while a test runs. */
export function place(settings: Settings = {}): Place {
  const here: { -readonly [K in keyof Place]?: Place[K] } = {};
  beforeAll(async () => {
    const started = startServer({ ...settings, BEDSIDE_SERVER__PAGES: inject("app") });
    [here.server, here.browser] = await Promise.all([started, chromium()]);
  });
  afterAll(async () => {
    await Promise.all([here.browser?.close(), here.server?.stop()]);
  });
  beforeEach(async () => {
    if (here.server) here.meeting = await Meeting.begin(here.server);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") console.log(await here.meeting?.told());
    await here.meeting?.ends();
  });
  return here as Place;
}
