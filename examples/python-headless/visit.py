"""Somebody without a screen comes to a visit: accepts an invitation link, waits to be let in, sends a test
picture and a tone, counts what they see and hear, and writes a line when both are here.

    ./run.sh 'http://127.0.0.1:4000/join#token=…'
"""

import argparse
import asyncio
import fractions
import re
import time
from urllib.parse import urlsplit

import aiohttp
import av
import numpy
import socketio
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp

ANSWER_TIMEOUT_S = 10


class Refused(Exception):
    """The server said no: its code, and the reason for people."""


async def accept(link):
    """The server, and the way in that an invitation link opens."""
    parts = urlsplit(link)
    server, token = f"{parts.scheme}://{parts.netloc}", parts.fragment.removeprefix("token=")
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{server}/api/v1/invitations/accept", json={"token": token}) as response:
            body = await response.json()
            if response.status != 200:
                raise Refused(f"{body['code']}: {body['detail']}")
            return server, body


class Tone(MediaStreamTrack):
    """A quiet 440 Hz, in frames of 20 ms."""

    kind = "audio"
    RATE, FRAME = 48_000, 960

    def __init__(self):
        super().__init__()
        self.begun, self.sent = time.monotonic(), 0

    async def recv(self):
        await asyncio.sleep(max(0, self.begun + self.sent / self.RATE - time.monotonic()))
        at = (self.sent + numpy.arange(self.FRAME)) / self.RATE
        samples = (3_000 * numpy.sin(2 * numpy.pi * 440 * at)).astype(numpy.int16)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = self.RATE, self.sent, fractions.Fraction(1, self.RATE)
        self.sent += self.FRAME
        return frame


class Bars(VideoStreamTrack):
    """Moving bars, 320 by 240, thirty times a second."""

    def __init__(self):
        super().__init__()
        row = numpy.zeros((320, 3), numpy.uint8)
        for index, colour in enumerate([(200, 80, 80), (80, 200, 80), (80, 80, 200), (200, 200, 80)]):
            row[index * 80 : (index + 1) * 80] = colour
        self.picture = numpy.tile(row, (240, 1, 1))

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        self.picture = numpy.roll(self.picture, 2, axis=1)
        frame = av.VideoFrame.from_ndarray(self.picture, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Visit:
    """One visit over one connection. A peer connection for everybody else in the call."""

    def __init__(self, server, way_in):
        self.server, self.way_in = server, way_in
        self.room = way_in["consultationId"]
        self.socket = socketio.AsyncClient()
        self.others, self.tasks = {}, set()
        self.frames = {"audio": 0, "video": 0}
        self.ended, self.flowing = asyncio.Event(), asyncio.Event()
        self.socket.on("*", self.hear)

    async def ask(self, event, **data):
        answer = await self.socket.call(event, {"roomId": self.room, **data}, timeout=ANSWER_TIMEOUT_S)
        if "error" in answer:
            raise Refused(f"{event}: {answer['error']['code']}: {answer['error']['message']}")
        return answer

    async def hear(self, event, data, *_offset):
        """One event of the server. Events of other kinds are nobody's business here."""
        if event == "consultation:admitted":
            await self.join()
        elif event == "webrtc:offer":
            await self.answer(data["from"], data["sdp"], data["negotiation"])
        elif event == "webrtc:answer":
            other = self.others.get(data["from"])
            if other and other.signalingState == "have-local-offer":
                await other.setRemoteDescription(RTCSessionDescription(data["sdp"], "answer"))
        elif event == "webrtc:ice_candidate":
            await self.candidate(data["from"], data["candidate"])
        elif event == "webrtc:peer_left":
            other = self.others.pop(data["peerId"], None)
            if other:
                await other.close()
        elif event == "chat:message":
            print(f"{data['senderName'] or data['senderId']}: {data['content']}", flush=True)
        elif event == "session:closing":
            print(f"the server ends the session: {data['message']}", flush=True)
        elif event == "consultation:ended":
            self.ended.set()

    async def join(self):
        """Enter the call, or wait in front of it. Who comes offers to everybody who is there."""
        joined = await self.ask("webrtc:join_room", media={"audio": True, "video": True})
        if joined["state"] == "waiting":
            print(f"waiting, at place {joined['position']}", flush=True)
            return
        self.ice = RTCConfiguration([RTCIceServer(**server) for server in joined["iceServers"]])
        print(f"in the call, with {len(joined['peers'])} others", flush=True)
        for peer in joined["peers"]:
            other = self.connection(peer["peerId"])
            # aiortc gathers its candidates before the description is done: they travel inside it.
            await other.setLocalDescription(await other.createOffer())
            await self.ask("webrtc:offer", to=peer["peerId"], sdp=other.localDescription.sdp)

    def connection(self, peer_id):
        other = RTCPeerConnection(self.ice)
        other.addTrack(Tone())
        other.addTrack(Bars())
        other.on("track", self.watch)
        self.others[peer_id] = other
        return other

    async def answer(self, peer_id, sdp, negotiation):
        other = self.others.get(peer_id)
        known = other and other.remoteDescription
        if other and (not known or fingerprint(known.sdp) != fingerprint(sdp)):
            # aiortc cannot roll back, and a page that was loaded again is a new connection: begin anew.
            await other.close()
            other = None
        other = other or self.connection(peer_id)
        await other.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        await other.setLocalDescription(await other.createAnswer())
        await self.ask("webrtc:answer", to=peer_id, sdp=other.localDescription.sdp, negotiation=negotiation)

    async def candidate(self, peer_id, heard):
        other = self.others.get(peer_id)
        # None says that there are no more; a name in .local is for browsers on the same network only.
        if not other or not heard or not heard["candidate"] or ".local" in heard["candidate"]:
            return
        candidate = candidate_from_sdp(heard["candidate"].removeprefix("candidate:"))
        candidate.sdpMid, candidate.sdpMLineIndex = heard.get("sdpMid"), heard.get("sdpMLineIndex")
        await other.addIceCandidate(candidate)

    def watch(self, track):
        async def count():
            try:
                while True:
                    await track.recv()
                    self.frames[track.kind] += 1
                    if all(self.frames.values()):
                        self.flowing.set()
            except MediaStreamError:
                pass  # the other side has stopped

        task = asyncio.ensure_future(count())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def hold(self, text):
        await self.socket.connect(self.server, auth={"token": self.way_in["accessToken"]}, transports=["websocket"])
        await self.ask("chat:join_room")
        await self.join()
        ended, flowing = (asyncio.ensure_future(event.wait()) for event in (self.ended, self.flowing))
        await asyncio.wait([ended, flowing], return_when=asyncio.FIRST_COMPLETED)
        if self.flowing.is_set():
            await self.ask("chat:send_message", content=text)
        flowing.cancel()
        await ended
        # From here on nothing is heard that would change who is there.
        await self.socket.disconnect()
        for other in self.others.values():
            await other.close()


def fingerprint(sdp):
    return re.search(r"a=fingerprint:(\S+ \S+)", sdp).group(1)


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("link", help="an invitation link, as the doctor copies it")
    parser.add_argument("--say", default="I see and hear you", help="what to write when picture and sound are here")
    options = parser.parse_args()
    visit = Visit(*await accept(options.link))
    await visit.hold(options.say)
    print(f"the visit is over: {visit.frames['video']} pictures seen, {visit.frames['audio']} frames of sound heard")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (Refused, aiohttp.ClientError, socketio.exceptions.SocketIOError) as error:
        raise SystemExit(f"the visit did not come about: {error}")
    except KeyboardInterrupt:
        pass
