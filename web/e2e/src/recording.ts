/** Servers that record, who agrees to it, and what they have kept. */
import type { Recording, RecordingDetails } from "@bedside/client";
import type { Meeting, Somebody } from "./people.js";
import type { Settings } from "./server.js";

/** Records in the server's own process, on any port of this machine. */
export const RECORDING: Settings = {
  BEDSIDE_RECORDING__ENABLED: "true",
  BEDSIDE_RECORDING__BIND: "127.0.0.1",
  BEDSIDE_RECORDING__UDP_PORT: "0",
};

/** The doctor asks, and everybody is asked. */
export async function asks(doctor: Somebody, everybody: readonly Somebody[]): Promise<void> {
  await doctor.press("button", "Record the visit");
  await doctor.press("button", "Ask everybody");
  for (const somebody of everybody) await somebody.sees("heading", "May you be recorded?");
}

/** Both agree, and it runs. */
export async function bothAgree(doctor: Somebody, patient: Somebody): Promise<void> {
  await asks(doctor, [doctor, patient]);
  await doctor.press("button", "Yes, record me");
  await patient.press("button", "Yes, record me");
  await Promise.all([doctor.isRecorded(), patient.isRecorded()]);
}

const PATIENCE_MS = 30_000;
const LOOK_MS = 100;

/** The visit's recording, once it has been put away. */
export async function keptRecording({ server, doctor, id }: Meeting): Promise<RecordingDetails> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const { items } = await server.rest<{ items: Recording[] }>(doctor, "GET", `/api/v1/consultations/${id}/recordings`);
    const kept = items.find(({ state }) => state === "ready");
    if (kept) return server.rest<RecordingDetails>(doctor, "GET", `/api/v1/recordings/${kept.id}`);
    if (Date.now() > until) throw new Error(`it was not put away: ${JSON.stringify(items)}`);
    await new Promise((resume) => setTimeout(resume, LOOK_MS));
  }
}
