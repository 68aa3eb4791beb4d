"""A whole visit on plain WebSocket, without Socket.IO: one JSON object a text frame.

BASE=http://127.0.0.1:4000 ROOM=... DOCTOR=<token> PATIENT=<token> python plain.py
"""

import itertools
import json
import os

from websockets.sync.client import connect

from signals import ANSWER, CANDIDATE, OFFER

URL, ROOM = os.environ["BASE"].replace("http", "ws", 1) + "/ws", os.environ["ROOM"]
PATIENCE_S = 10


class Person:
    """One client: what it hears is kept until it is asked for."""

    def __init__(self, token):
        self.heard, self.ids = [], itertools.count(1)
        headers = {"Authorization": f"Bearer {token}"}
        self.socket = connect(URL, additional_headers=headers, subprotocols=["bedside.v1"])
        assert self.socket.subprotocol == "bedside.v1"
        self.id = self.hears("session:ready")["user"]["id"]

    def next(self, fits):
        """The next frame that fits and was not asked for before."""
        for index, frame in enumerate(self.heard):
            if fits(frame):
                return self.heard.pop(index)
        while True:
            frame = json.loads(self.socket.recv(timeout=PATIENCE_S))
            if fits(frame):
                return frame
            self.heard.append(frame)

    def hears(self, event):
        return self.next(lambda frame: frame.get("event") == event)["data"]

    def tells(self, event, **data):
        self.socket.send(json.dumps({"event": event, "data": {"roomId": ROOM, **data}}))

    def ask(self, event, **data):
        number = next(self.ids)
        self.socket.send(json.dumps({"id": number, "event": event, "data": {"roomId": ROOM, **data}}))
        return self.next(lambda frame: frame.get("id") == number)


doctor, patient = Person(os.environ["DOCTOR"]), Person(os.environ["PATIENT"])

assert patient.ask("webrtc:join_room")["data"] == {"state": "waiting", "position": 1}
assert doctor.hears("consultation:waiting")["user"]["id"] == patient.id
assert patient.ask("consultation:admit", userId=patient.id)["error"]["code"] == "forbidden"
doctors = doctor.ask("webrtc:join_room")["data"]
doctor.ask("consultation:admit", userId=patient.id)
patient.hears("consultation:admitted")
patients = patient.ask("webrtc:join_room")["data"]
assert doctor.hears("webrtc:peer_joined")["peer"]["peerId"] == patients["peerId"]

number = doctor.ask("webrtc:offer", sdp=OFFER)["data"]["negotiation"]
assert patient.hears("webrtc:offer")["sdp"] == OFFER
patient.ask("webrtc:answer", sdp=ANSWER, negotiation=number)
assert doctor.hears("webrtc:answer")["sdp"] == ANSWER
patient.tells("webrtc:ice_candidate", candidate=CANDIDATE)
assert doctor.hears("webrtc:ice_candidate")["candidate"] == CANDIDATE

doctor.ask("chat:join_room")
patient.ask("chat:join_room")
message = patient.ask("chat:send_message", content="Can you hear me? ü")["data"]["message"]
assert doctor.hears("chat:message") == message
doctor.ask("chat:mark_seen", seq=message["seq"])
assert patient.hears("chat:seen")["upToSeq"] == message["seq"]

assert doctor.ask("consultation:end")["data"]["consultation"]["status"] == "completed"
patient.hears("consultation:ended")
assert patient.ask("chat:send_message", content="Thanks")["error"]["code"] == "ended"

for person in (doctor, patient):
    person.socket.close()
