"""A whole visit with the stock Python client, unmodified: doctor and patient, one connection each.

BASE=http://127.0.0.1:4000 ROOM=... DOCTOR=<token> PATIENT=<token> [TRANSPORTS=polling,websocket] python visit.py
"""

import collections
import os
import queue

import socketio

from signals import ANSWER, CANDIDATE, OFFER

BASE, ROOM = os.environ["BASE"], os.environ["ROOM"]
TRANSPORTS = os.environ.get("TRANSPORTS", "websocket").split(",")
PATIENCE_S = 10


class Refused(Exception):
    pass


class Person:
    """One client: what it hears is kept until it is asked for."""

    def __init__(self, token):
        self.heard = collections.defaultdict(queue.Queue)
        self.connections = 0
        self.client = socketio.Client(reconnection=False)
        self.client.on("connect", self.count)
        self.client.on("*", lambda event, data, *offset: self.heard[event].put(data))
        self.client.connect(BASE, auth={"token": token}, transports=TRANSPORTS, wait_timeout=PATIENCE_S)
        self.sid = self.client.eio.sid
        self.id = self.hears("session:ready")["user"]["id"]

    def count(self):
        self.connections += 1

    def hears(self, event):
        return self.heard[event].get(timeout=PATIENCE_S)

    def tells(self, event, **data):
        self.client.emit(event, {"roomId": ROOM, **data})

    def ask(self, event, **data):
        answer = self.client.call(event, {"roomId": ROOM, **data}, timeout=PATIENCE_S)
        if "error" in answer:
            raise Refused(answer["error"]["code"])
        return answer

    def is_refused(self, code, event, **data):
        try:
            self.ask(event, **data)
        except Refused as refused:
            assert refused.args == (code,), refused
        else:
            raise AssertionError(f"{event} was not refused")

    def leaves(self):
        """It has needed one connection for everything, and one namespace on it."""
        assert self.connections == 1
        assert self.client.eio.sid == self.sid
        assert list(self.client.namespaces) == ["/"]
        assert self.client.transport() == TRANSPORTS[-1]
        self.client.disconnect()


doctor, patient = Person(os.environ["DOCTOR"]), Person(os.environ["PATIENT"])

# The patient waits until the doctor lets them in.
assert patient.ask("webrtc:join_room") == {"state": "waiting", "position": 1}
assert doctor.hears("consultation:waiting")["user"]["id"] == patient.id
doctors = doctor.ask("webrtc:join_room")
patient.is_refused("forbidden", "consultation:admit", userId=patient.id)
doctor.ask("consultation:admit", userId=patient.id)
patient.hears("consultation:admitted")
patients = patient.ask("webrtc:join_room", media={"audio": True, "video": False})
assert [peer["peerId"] for peer in patients["peers"]] == [doctors["peerId"]]
assert doctor.hears("webrtc:peer_joined")["peer"]["peerId"] == patients["peerId"]
doctor.hears("consultation:started")

# Signals pass as they are; only the envelope is the server's.
number = doctor.ask("webrtc:offer", sdp=OFFER)["negotiation"]
offer = {"roomId": ROOM, "from": doctors["peerId"], "sdp": OFFER, "negotiation": number}
assert patient.hears("webrtc:offer") == offer
patient.ask("webrtc:answer", sdp={"type": "answer", "sdp": ANSWER}, negotiation=number)
answer = {"roomId": ROOM, "from": patients["peerId"], "sdp": ANSWER, "negotiation": number}
assert doctor.hears("webrtc:answer") == answer
patient.tells("webrtc:ice_candidate", candidate=CANDIDATE)
assert doctor.hears("webrtc:ice_candidate")["candidate"] == CANDIDATE

# Chat beside the call, with receipts.
doctor.ask("chat:join_room")
assert patient.ask("chat:join_room")["complete"]
patient.tells("chat:typing")
assert doctor.hears("chat:typing")["userId"] == patient.id
message = patient.ask("chat:send_message", clientMessageId="one", content="Can you hear me? ü")["message"]
assert doctor.hears("chat:message") == message
assert patient.ask("chat:send_message", clientMessageId="one", content="Can you hear me? ü")["duplicate"]
doctor.ask("chat:mark_delivered", seq=message["seq"])
assert patient.hears("chat:delivered")["upToSeq"] == message["seq"]
doctor.ask("chat:mark_seen", seq=message["seq"])
assert patient.hears("chat:seen")["upToSeq"] == message["seq"]

# The doctor ends the visit: both hear it, their sockets and the history stay.
assert doctor.ask("consultation:end")["consultation"]["status"] == "completed"
patient.hears("consultation:ended")
assert patient.hears("webrtc:peer_left")["reason"] == "ended"
patient.is_refused("ended", "chat:send_message", content="Thanks")
kinds = [event["kind"] for event in patient.ask("chat:history")["events"]]
assert sorted(kinds) == ["admitted", "ended", "message", "started"], kinds

for person in (doctor, patient):
    person.leaves()
