/** Whatever the network does: each fact once, in order, for everybody. */
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { RoomEvent } from "../src/index.js";
import { everybodyLeaves, person } from "./harness/people.js";
import { type Fate, Proxy } from "./harness/proxy.js";
import { Server } from "./harness/server.js";
import { until, within } from "./harness/until.js";

const MESSAGES_EACH = 60;
const BAD_CONNECTIONS = 12;
/** More with RUNS=…, for who looks for what is rare. */
const RUNS = Number(process.env.RUNS ?? 6);

let server: Server;
beforeAll(async () => {
  const generous = {
    chat_per_second: 10_000,
    chat_burst: 10_000,
    events_per_second: 10_000,
    events_burst: 10_000,
  };
  const doors = {
    connections_per_second: 10_000,
    connections_burst: 10_000,
    requests_per_second: 10_000,
    requests_burst: 10_000,
    // Long polling that is cut is noticed late: the sessions of the visits before are still there.
    sessions_per_user: 1_000,
  };
  const limits = Object.entries({ ...generous, ...doors }).map(([key, value]) => [`limits.${key}`, value]);
  server = await Server.start({ set: Object.fromEntries(limits) });
});
afterEach(everybodyLeaves);
afterAll(() => server.stop());

const fate: fc.Arbitrary<Fate> = fc.record(
  {
    delayMs: fc.nat(20),
    passBytes: fc.integer({ min: 200, max: 30_000 }),
    end: fc.oneof(fc.constant("cut" as const), fc.record({ silentMs: fc.nat(300) })),
    refused: fc.boolean(),
  },
  { requiredKeys: ["passBytes"] },
);

/** A network that fails as told for a while, and is good then. */
const network = fc.array(fate, { minLength: BAD_CONNECTIONS, maxLength: BAD_CONNECTIONS });

test(
  "each fact is seen once and in order by both, however connections are delayed, dropped and cut",
  async () => {
    const timing = {
      reconnectMs: 10,
      reconnectMaxMs: 100,
      connectMs: 3_000,
      pollAfterMs: 300,
      pollAloneMs: 300,
    };
    const visit = async (fates: [Fate[], Fate[]], polling: boolean): Promise<void> => {
      const { id } = await server.visit("anna", "ben");
      const [annas, bens] = await Promise.all(
        fates.map((list) => Proxy.before(server.port, (index) => list[index] ?? {})),
      );
      const transports = polling ? (["polling"] as const) : (["websocket", "polling"] as const);
      const options = { timing, transports };
      const anna = await person(server, "anna", "doctor", { ...options, url: annas!.url });
      const ben = await person(server, "ben", "patient", { ...options, url: bens!.url });
      try {
        const heard = [anna, ben].map((page) => {
          const facts: RoomEvent[] = [];
          page.room(id).onFact((event) => facts.push(event));
          page.room(id).open();
          return facts;
        });
        const numbers = Array.from({ length: MESSAGES_EACH }, (_, index) => index);
        const sent = [anna, ben].flatMap((page, who) =>
          numbers.map((number) => page.room(id).send(`${who} ${number}`)),
        );
        const stored = await within(Promise.all(sent), () =>
          [anna, ben].map((page) => ({
            ...page.state.get(),
            entries: page.room(id).state.get().entries.slice(-3),
          })),
        );
        const last = Math.max(...stored.map(({ seq }) => seq));
        for (const page of [anna, ben])
          await until(page.room(id).state, ({ lastSeq }) => lastSeq >= last, 30_000);
        for (const facts of heard) {
          expect(facts.map(({ seq }) => seq)).toEqual(facts.map((_, index) => index + 1));
          const said = facts.flatMap((fact) => (fact.kind === "message" ? [fact.message.content ?? ""] : []));
          for (const who of [0, 1]) {
            expect(said.filter((text) => text.startsWith(`${who} `))).toEqual(
              numbers.map((number) => `${who} ${number}`),
            );
          }
        }
        expect(heard[0]!.slice(0, last)).toEqual(heard[1]!.slice(0, last));
      } finally {
        everybodyLeaves();
        await Promise.all([annas!.close(), bens!.close()]);
      }
    };
    await fc.assert(fc.asyncProperty(fc.tuple(network, network), fc.boolean(), visit), {
      numRuns: RUNS,
      endOnFailure: true,
    });
  },
  RUNS * 60_000,
);
