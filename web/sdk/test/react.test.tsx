// @vitest-environment happy-dom
/** The hooks, in a page that the server itself might have served. */
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { type ReactNode, StrictMode, useEffect } from "react";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Bedside } from "../src/index.js";
import {
  BedsideProvider,
  type Chat,
  useBedside,
  useChat,
  useConsultation,
  useConsultations,
  usePresence,
} from "../src/react/index.js";
import { MemoryStorage, everybodyLeaves, person } from "./harness/people.js";
import { Proxy } from "./harness/proxy.js";
import { Server } from "./harness/server.js";
import { until } from "./harness/until.js";

const PATIENCE = { timeout: 15_000 };

let server: Server;
beforeAll(async () => {
  // Most of these pages are of another origin: this one's is nobody's.
  server = await Server.start({ set: { "server.allowed_origins": "*" } });
});
afterEach(() => {
  cleanup();
  everybodyLeaves();
});
afterAll(() => server.stop());

/** How many sessions somebody has. */
async function sessionsOf(page: Bedside): Promise<number> {
  return (await page.rest.GET("/api/v1/me/sessions")).data?.items.length ?? 0;
}

function ChatView({ id, onChat }: { id: string; onChat?: ((chat: Chat) => void) | undefined }): ReactNode {
  const chat = useChat(id);
  useEffect(() => {
    onChat?.(chat);
  });
  const lines = chat.entries.map((entry) => (entry.kind === "message" ? entry.message.content : entry.kind));
  return (
    <section aria-label="chat">
      <p>{`${chat.status} ${chat.isConnected} ${chat.roomStatus}`}</p>
      <ul>
        {lines.map((line, index) => (
          <li key={index}>{line}</li>
        ))}
      </ul>
    </section>
  );
}

function VisitView({ id }: { id: string }): ReactNode {
  const visit = useConsultation(id);
  const list = useConsultations();
  const { users } = usePresence(["anna"]);
  return (
    <section aria-label="visit">
      <p>{visit.consultation ? `visit ${visit.consultation.status}` : "no visit"}</p>
      <p>{`${list.items.length} consultations`}</p>
      <p>{users.map(({ userId, status }) => `${userId} ${status}`)}</p>
    </section>
  );
}

test("all hooks of a page share one connection, also in strict mode", async () => {
  const { id } = await server.visit("anna", "ben", { reason: "cough" });
  const anna = await person(server, "anna", "doctor");
  await until(anna.state, ({ isConnected }) => isConnected);
  let sockets = 0;
  const proxy = await Proxy.before(server.port, (_, head) => {
    if (/upgrade: websocket/i.test(head)) sockets += 1;
    return {};
  });
  const token = await server.token("ben", "patient");
  const Page = (): ReactNode => {
    const { client, status } = useBedside({ token, url: proxy.url, storage: new MemoryStorage() });
    const again = useBedside({ token, url: proxy.url, storage: new MemoryStorage() });
    expect(again.client).toBe(client);
    if (!client) return <p>{status}</p>;
    return (
      <BedsideProvider client={client}>
        <ChatView id={id} />
        <VisitView id={id} />
      </BedsideProvider>
    );
  };
  render(
    <StrictMode>
      <Page />
      <Page />
    </StrictMode>,
  );
  await waitFor(() => expect(screen.getAllByText("connected true joined")).toHaveLength(2), PATIENCE);
  await waitFor(() => expect(screen.getAllByText("visit scheduled")).toHaveLength(2), PATIENCE);
  await waitFor(() => expect(screen.getAllByText("anna available")).toHaveLength(2), PATIENCE);
  anna.room(id).open();
  await act(async () => void (await anna.room(id).send("Good morning")));
  await waitFor(() => expect(screen.getAllByText("Good morning")).toHaveLength(2), PATIENCE);
  expect(sockets).toBe(1);
  const ben = await person(server, "ben", "patient", { token, connect: false });
  expect(await sessionsOf(ben)).toBe(1);
  cleanup();
  // The last one who used it closes it.
  await waitFor(async () => expect(await sessionsOf(ben)).toBe(0), PATIENCE);
  await proxy.close();
});

test("a hook that is not enabled does nothing, and lets go when it is disabled", async () => {
  const { id } = await server.visit("anna", "ben");
  const [anna, ben] = await Promise.all([person(server, "anna", "doctor"), person(server, "ben", "patient")]);
  anna.room(id).open();
  const View = ({ enabled }: { enabled: boolean }): ReactNode => {
    const chat = useChat(id, { enabled, client: ben });
    const none = useBedside({ token: "unused", enabled: false });
    expect(none).toMatchObject({ status: "idle", client: null });
    return <p>{chat.roomStatus}</p>;
  };
  const online = () =>
    anna
      .room(id)
      .state.get()
      .members.find(({ userId }) => userId === "ben")?.online;
  await until(anna.room(id).state, ({ isLive }) => isLive);
  await until(ben.state, ({ isConnected }) => isConnected);
  const { rerender } = render(<View enabled={false} />);
  expect(screen.getByText("idle")).toBeTruthy();
  expect(ben.room(id).state.get().status).toBe("idle");
  rerender(<View enabled />);
  await waitFor(() => expect(screen.getByText("joined")).toBeTruthy(), PATIENCE);
  await waitFor(() => expect(online()).toBe(true), PATIENCE);
  rerender(<View enabled={false} />);
  await waitFor(() => expect(online()).toBe(false), PATIENCE);
});

test("a hook says when the connection was given up, and retry goes on", async () => {
  const { id } = await server.visit("anna", "ben");
  const ben = await person(server, "ben", "patient", { token: "no token", timing: { reconnectMs: 10 } });
  let chat: Chat | undefined;
  render(
    <BedsideProvider client={ben}>
      <ChatView id={id} onChat={(now) => (chat = now)} />
    </BedsideProvider>,
  );
  await waitFor(() => expect(screen.getByText("stopped false joining")).toBeTruthy(), PATIENCE);
  expect(chat?.error?.code).toBe("token_invalid");
  const token = await server.token("ben", "patient");
  act(() => chat?.retry(token));
  await waitFor(() => expect(screen.getByText("connected true joined")).toBeTruthy(), PATIENCE);
  await act(async () => void (await chat?.send("Here I am")));
  expect(screen.getByText("Here I am")).toBeTruthy();
});

test("without a url the page's origin is the server", async () => {
  const { happyDOM } = window as unknown as { happyDOM: { setURL(url: string): void } };
  happyDOM.setURL(`${server.url}/visit`);
  const ben = new Bedside({ token: await server.token("ben", "patient") });
  expect(ben.url).toBe(server.url);
  await until(ben.state, ({ isConnected }) => isConnected);
  const { sessionStorage } = window;
  expect(sessionStorage.getItem("bedside.instance")).toBeTruthy();
  ben.close();
});

test("a page that comes back to a dead connection notices it, and is heard again", async () => {
  const { id } = await server.visit("anna", "ben");
  const proxy = await Proxy.before(server.port, () => ({}));
  const ben = await person(server, "ben", "patient", { url: proxy.url, timing: { reconnectMs: 10 } });
  ben.room(id).open();
  await until(ben.room(id).state, ({ isLive }) => isLive);
  const { sessionId } = ben.state.get();
  proxy.mute();
  window.dispatchEvent(new Event("online"));
  await until(ben.state, ({ isConnected }) => !isConnected);
  await until(ben.state, ({ isConnected }) => isConnected);
  expect(ben.state.get().sessionId).toBe(sessionId);
  await ben.room(id).send("Here I am again");
  await proxy.close();
});
