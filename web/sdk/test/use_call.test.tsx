// @vitest-environment happy-dom
/** The call as a component sees it. Sound and picture are for real browsers; doors and words are not. */
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type CallOfRoom, useCall } from "../src/react/index.js";
import { everybodyLeaves, person } from "./harness/people.js";
import { Server } from "./harness/server.js";
import { until } from "./harness/until.js";

const PATIENCE = { timeout: 15_000 };

let server: Server;
beforeAll(async () => {
  server = await Server.start({ set: { "server.allowed_origins": "*" } });
});
afterEach(() => {
  cleanup();
  everybodyLeaves();
});
afterAll(() => server.stop());

test("a patient waits at the door, may go, and hears why they are sent away", async () => {
  const { id } = await server.visit("anna", "ben");
  const [anna, ben] = await Promise.all([person(server, "anna", "doctor"), person(server, "ben", "patient")]);
  let call: CallOfRoom | null = null;
  const View = (): ReactNode => {
    call = useCall(id, { client: ben });
    return <p>{`${call.status} ${call.callStatus} ${call.position ?? "-"} ${call.reason ?? "-"}`}</p>;
  };
  render(<View />);
  await waitFor(() => expect(screen.getByText("connected idle - -")).toBeTruthy(), PATIENCE);
  await act(async () => void (await call?.join()));
  expect(screen.getByText("connected waiting 1 -")).toBeTruthy();
  await act(async () => void (await call?.leave()));
  expect(screen.getByText("connected idle - -")).toBeTruthy();
  await act(async () => void (await call?.join()));
  expect(screen.getByText("connected waiting 1 -")).toBeTruthy();
  await anna.ask("consultation:deny", { roomId: id, userId: "ben", reason: "tomorrow" });
  await waitFor(() => expect(screen.getByText("connected denied - tomorrow")).toBeTruthy(), PATIENCE);
  await act(async () => void (await call?.join()));
  expect(screen.getByText("connected denied - tomorrow")).toBeTruthy();
});

test("components that ask for one call share it, and it goes on without them", async () => {
  const { id } = await server.visit("anna", "ben", { waitingRoom: false });
  const ben = await person(server, "ben", "patient");
  const View = (): ReactNode => {
    const { callStatus, join } = useCall(id, { client: ben });
    return <button onClick={() => void join()}>{callStatus}</button>;
  };
  render(
    <>
      <View />
      <View />
    </>,
  );
  act(() => screen.getAllByText("idle")[0]?.click());
  await waitFor(() => expect(screen.getAllByText("joined")).toHaveLength(2), PATIENCE);
  cleanup();
  expect(ben.call(id).state.get().status).toBe("joined");
});

test("a hook that is not enabled has no call, and says so when it is asked for one", async () => {
  const ben = await person(server, "ben", "patient");
  let call: CallOfRoom | null = null;
  const View = (): ReactNode => {
    call = useCall("some room", { client: ben, enabled: false });
    return null;
  };
  render(<View />);
  expect(call).toMatchObject({ call: null, callStatus: "idle", peers: [] });
  await expect(call!.join()).rejects.toMatchObject({ code: "closed" });
});

test("who may not use devices here is told so, and is in the call all the same", async () => {
  const { id } = await server.visit("anna", "ben", { waitingRoom: false });
  const ben = await person(server, "ben", "patient");
  const call = ben.call(id);
  await call.join();
  await until(call.state, ({ local }) => local.problem !== null);
  expect(call.state.get()).toMatchObject({ status: "joined", local: { audio: false, video: false } });
});

test("a visit that is over lets nobody in, and a stranger's is not there", async () => {
  const { id } = await server.visit("anna", "ben", { waitingRoom: false });
  const [ben, carl] = await Promise.all([person(server, "ben", "patient"), person(server, "carl", "patient")]);
  await carl.call(id).join();
  expect(carl.call(id).state.get()).toMatchObject({ status: "refused", error: { code: "not_found" } });
  const staff = await person(server, "staff", "staff");
  await staff.consultations.cancel(id);
  await ben.call(id).join();
  expect(ben.call(id).state.get().status).toBe("ended");
});
