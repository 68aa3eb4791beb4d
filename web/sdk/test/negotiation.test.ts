import { expect, test } from "vitest";
import { type Standing, judgeAnswer, judgeOffer, patienceMs, remedy } from "../src/call/negotiation.js";
import { fragmentsOf, makerOf } from "../src/call/sdp.js";

/** A description of a page, of its n-th version, in an ICE generation. */
const sdp = (session: string, version = 1, fragment = "abcd"): string =>
  [
    "v=0",
    `o=- ${session} ${version} IN IP4 127.0.0.1`,
    "s=-",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111",
    `a=ice-ufrag:${fragment}`,
    `a=fingerprint:sha-256 ${session.toUpperCase()}`,
    "",
  ].join("\r\n");

const standing = (part: Partial<Standing> = {}): Standing => ({ polite: false, offered: null, remote: null, ...part });
const known = makerOf(sdp("page"));

test("descriptions of one page have one maker, whatever else changes", () => {
  expect(makerOf(sdp("page", 2, "efgh"))).toBe(known);
  expect(makerOf(sdp("other"))).not.toBe(known);
  expect(makerOf(sdp("page").replaceAll("\r\n", "\n"))).toBe(known);
});

test("a bundled description has one ICE generation", () => {
  const bundled = `${sdp("page")}m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:abcd\r\n`;
  expect([...fragmentsOf(bundled)]).toEqual(["abcd"]);
});

test("an offer is answered where nothing of one's own is under way", () => {
  expect(judgeOffer(standing(), sdp("page"))).toBe("answer");
  expect(judgeOffer(standing({ remote: known }), sdp("page", 2))).toBe("answer");
});

test("an offer of a page that was loaded anew gets a new connection", () => {
  expect(judgeOffer(standing({ remote: known }), sdp("reloaded"))).toBe("replace");
});

test("of two offers that cross, the impolite side's stands", () => {
  const offered = { negotiation: 7 };
  expect(judgeOffer(standing({ offered, remote: known }), sdp("page", 2))).toBe("ignore");
  expect(judgeOffer(standing({ offered, remote: known, polite: true }), sdp("page", 2))).toBe("yield");
});

test("a first offer that gives way makes room for a new connection, for it would not be matched after a roll-back", () => {
  expect(judgeOffer(standing({ offered: { negotiation: null }, polite: true }), sdp("page"))).toBe("replace");
});

test("of two offers that cross, always exactly one stands", () => {
  for (const remote of [null, known]) {
    const verdicts = [true, false].map((polite) =>
      judgeOffer(standing({ offered: { negotiation: 1 }, remote, polite }), sdp("page", 2)),
    );
    expect(verdicts.filter((verdict) => verdict === "ignore")).toHaveLength(1);
  }
});

test("an answer counts only for the offer that waits", () => {
  const offered = { negotiation: 7 };
  expect(judgeAnswer(standing(), { sdp: sdp("page"), negotiation: 7 })).toBe("ignore");
  expect(judgeAnswer(standing({ offered }), { sdp: sdp("page"), negotiation: 6 })).toBe("ignore");
  expect(judgeAnswer(standing({ offered }), { sdp: sdp("page"), negotiation: 7 })).toBe("apply");
});

test("an answer that comes before the offer's number is known counts", () => {
  expect(judgeAnswer(standing({ offered: { negotiation: null } }), { sdp: sdp("page"), negotiation: 7 })).toBe("apply");
});

test("an answer of a page that was loaded anew leads to a new connection", () => {
  const continued = standing({ offered: { negotiation: 7 }, remote: known });
  expect(judgeAnswer(continued, { sdp: sdp("reloaded"), negotiation: 7 })).toBe("replace");
});

test("a failure is cured at once, a silence after two seconds, and each vain try waits longer", () => {
  expect(patienceMs("failed", 0)).toBe(0);
  expect(patienceMs("disconnected", 0)).toBe(2_000);
  const waits = [1, 2, 3, 4, 5].map((attempts) => patienceMs("failed", attempts));
  expect(waits).toEqual([4_000, 8_000, 15_000, 15_000, 15_000]);
});

test("after three vain restarts the connection is made anew", () => {
  const remedies = [0, 1, 2, 3, 4].map((attempts) => remedy("failed", attempts, false));
  expect(remedies).toEqual(["restart", "restart", "restart", "renew", "restart"]);
});

test("what has got well by itself is left alone, unless the network is another one", () => {
  expect(remedy("disconnected", 0, true)).toBe("nothing");
  expect(remedy("network_changed", 0, true)).toBe("restart");
  expect(remedy("fault", 0, true)).toBe("renew");
});
