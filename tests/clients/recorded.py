"""A patient on aiortc, who is recorded: what a client in Python would write, and nothing of Bedside's.

It shows white and beeps for a moment at each full second. BASE=… ROOM=… PATIENT=<token> python recorded.py
"""

import asyncio
import fractions
import math
import os
import struct
import time

import socketio
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from av import AudioFrame, VideoFrame

BASE, ROOM = os.environ["BASE"], os.environ["ROOM"]
WIDTH, HEIGHT, PICTURES = 320, 240, 15
RATE, SAMPLES = 48_000, 960
BEEP = RATE // 10
BEGIN = time.time()


class Timed(MediaStreamTrack):
    """A track whose frames come when they are due."""

    per_second = 1

    def __init__(self):
        super().__init__()
        # From now on, and nothing of what was due before.
        self.count = math.ceil((time.time() - BEGIN) * self.per_second)

    async def recv(self):
        frame = self.frame(self.count)
        due = BEGIN + self.count / self.per_second
        self.count += 1
        await asyncio.sleep(max(0, due - time.time()))
        return frame


class Flash(Timed):
    kind = "video"
    per_second = PICTURES

    def frame(self, count):
        frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
        light = 235 if count % PICTURES < 2 else 16
        for plane, value in zip(frame.planes, (light, 128, 128)):
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts, frame.time_base = count, fractions.Fraction(1, PICTURES)
        return frame


class Beep(Timed):
    kind = "audio"
    per_second = RATE / SAMPLES
    tone = struct.pack(f"<{BEEP}h", *(int(20_000 * math.sin(2 * math.pi * 1_000 * n / RATE)) for n in range(BEEP)))

    def frame(self, count):
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        at = count * SAMPLES % RATE
        frame.planes[0].update(self.tone[2 * at : 2 * (at + SAMPLES)].ljust(2 * SAMPLES, b"\0"))
        frame.pts, frame.sample_rate, frame.time_base = count * SAMPLES, RATE, fractions.Fraction(1, RATE)
        return frame


async def main():
    client = socketio.AsyncClient(reconnection=False)
    connections = []
    over = asyncio.get_running_loop().create_future()

    async def ask(event, **data):
        answer = await client.call(event, {"roomId": ROOM, **data})
        assert "error" not in answer, (event, answer)
        return answer

    async def consent(asked, *_offset):
        words = {"recordingId": asked["recordingId"], "textVersion": asked["textVersion"]}
        await ask("recording:consent", decision="given", **words)

    async def answer(offer, *_offset):
        connection = RTCPeerConnection()
        connections.append(connection)
        connection.addTrack(Beep())
        connection.addTrack(Flash())
        sdp = offer["sdp"]["sdp"] if isinstance(offer["sdp"], dict) else offer["sdp"]
        await connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        local = connection.localDescription
        sdp = {"type": local.type, "sdp": local.sdp}
        await ask("webrtc:answer", to=offer["from"], sdp=sdp, negotiation=offer["negotiation"])

    def changed(said, *_offset):
        if said["recording"]["state"] in ("stopped", "ready", "failed") and not over.done():
            over.set_result(None)

    client.on("recording:consent_requested", consent)
    client.on("webrtc:offer", answer)
    client.on("recording:changed", changed)
    await client.connect(BASE, auth={"token": os.environ["PATIENT"]}, transports=["websocket"], wait_timeout=30)
    await ask("webrtc:join_room")
    print("joined", flush=True)
    await over
    for connection in connections:
        await connection.close()
    await client.disconnect()


asyncio.run(main())
