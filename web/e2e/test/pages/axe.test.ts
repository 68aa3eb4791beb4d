/** Every page in both themes, looked at by axe: what it finds keeps somebody out. */
import { expect, test } from "vitest";
import { found } from "../../src/axe.js";
import { place } from "../../src/place.js";
import { RECORDING, keptRecording } from "../../src/recording.js";

const here = place(RECORDING);

for (const theme of ["light", "dark"] as const) {
  test(`axe finds nothing before one has come in (${theme})`, async () => {
    const somebody = await here.meeting.comes("Somebody", here.browser, { theme });
    await here.server.addAccount({ id: `carla-${theme}`, name: "Carla", role: "doctor" }, "seven wooden spoons");
    for (const [path, ready] of [
      ["/", "Sign in"],
      ["/login", "User name"],
      ["/check", "Everything is ready for a visit."],
      ["/join#token=unknown", "This link is not known here."],
    ] as const) {
      await somebody.tab.open(here.server.url + path);
      await somebody.reads(ready);
      expect(await found(somebody), path).toEqual([]);
    }
  });

  test(`axe finds nothing in a visit from list to goodbye (${theme})`, async () => {
    const doctor = await here.meeting.doctorComes(here.browser, { theme });
    await doctor.sees("link", "Open Ben");
    expect(await found(doctor), "list").toEqual([]);
    await doctor.press("button", "New visit");
    await doctor.sees("textbox", "Patient's name");
    expect(await found(doctor), "new visit").toEqual([]);
    await doctor.tab.find("textbox", "Patient's name").fill("Carl");
    await doctor.press("button", "Make the visit");
    await doctor.sees("button", "Copy");
    expect(await found(doctor), "invitation").toEqual([]);
    await doctor.press("button", "Done");
    await doctor.press("link", "Open Ben");
    await doctor.sees("button", "Join the visit");
    expect(await found(doctor), "device check").toEqual([]);
    await doctor.press("button", "Join the visit");

    const patient = await here.meeting.patientComes(here.browser, { theme });
    await patient.press("button", "Join the visit");
    await patient.sees("heading", "You are in the waiting room");
    expect(await found(patient), "waiting room").toEqual([]);
    await doctor.sees("button", "Let in Ben");
    expect(await found(doctor), "somebody at the door").toEqual([]);
    await doctor.press("button", "Let in Ben");
    await Promise.all([doctor.seesAndHears("Ben"), patient.seesAndHears("Dr. Anna")]);
    await patient.writes("Good morning.");
    await doctor.reads("Good morning.");
    expect(await found(doctor), "visit").toEqual([]);
    await doctor.press("button", "Show people");
    expect(await found(doctor), "people").toEqual([]);
    await doctor.press("button", "More");
    await doctor.sees("menuitem", "Devices");
    expect(await found(doctor), "menu").toEqual([]);
    await doctor.press("menuitem", "Devices");
    await doctor.sees("heading", "Devices");
    expect(await found(doctor), "devices").toEqual([]);
    await doctor.press("button", "Close");
    await doctor.press("button", "Record the visit");
    await doctor.sees("button", "Ask everybody");
    expect(await found(doctor), "before everybody is asked").toEqual([]);
    await doctor.press("button", "Ask everybody");
    await patient.sees("heading", "May you be recorded?");
    expect(await found(patient), "the question").toEqual([]);
    await patient.press("button", "Yes, record me");
    await doctor.press("button", "Yes, record me");
    await Promise.all([doctor.isRecorded(), patient.isRecorded()]);
    expect(await found(patient), "recorded").toEqual([]);
    await patient.press("button", "Do not record me any more");
    await patient.sees("heading", "Stop recording you?");
    expect(await found(patient), "taking it back").toEqual([]);
    await patient.press("button", "Do not record me any more");
    await doctor.reads("Somebody no longer agrees.");
    expect(await found(doctor), "the recording has ended").toEqual([]);
    await doctor.press("button", "Leave the visit");
    await doctor.sees("button", "End for everyone");
    expect(await found(doctor), "leaving").toEqual([]);
    await doctor.press("button", "End for everyone");
    await patient.sees("heading", "The visit has ended");
    expect(await found(patient), "goodbye").toEqual([]);
    await keptRecording(here.meeting);
    await doctor.press("link", "Read the chat");
    await doctor.sees("link", "Past visits");
    await doctor.sees("region", "Messages");
    expect(await found(doctor), "past visit").toEqual([]);
    await doctor.press("button", "Play the recording");
    await doctor.sees("button", "Play");
    expect(await found(doctor), "player").toEqual([]);
    await doctor.tab.open(`${here.server.url}/nowhere`);
    await doctor.sees("heading", "There is no such page");
    expect(await found(doctor), "nowhere").toEqual([]);
  });
}
