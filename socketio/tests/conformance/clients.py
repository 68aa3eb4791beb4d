"""The stock Python clients, unmodified, on every transport.

The one with threads gives every message a thread of its own: in which order its handlers run is up to the machine, and
an attachment may be looked at before its header. Order and attachments are therefore asked of the one with asyncio.
"""

import asyncio
import os
import sys
import threading

import socketio

BASE = os.environ.get("BASE", "http://127.0.0.1:3000")
TRANSPORTS = (["websocket"], ["polling"], ["polling", "websocket"])
# More packets than the client takes in one poll.
BURST = 500
PATIENCE_S = 10


def visit_with_threads(transports):
    client = socketio.Client()
    back, ticks, done = threading.Event(), set(), threading.Event()

    @client.on("message-back")
    def on_back(*values):
        assert values == (1, "café", {"b": [2]}), values
        back.set()

    @client.on("tick")
    def on_tick(number):
        ticks.add(number)
        if len(ticks) == BURST:
            done.set()

    client.connect(BASE, transports=transports, auth={"token": "abc"}, wait_timeout=PATIENCE_S)
    client.emit("message", (1, "café", {"b": [2]}))
    assert back.wait(PATIENCE_S), "the message did not come back"
    assert client.call("echo", {"y": 1}, timeout=PATIENCE_S) == {"y": 1}
    client.emit("burst", BURST)
    assert done.wait(PATIENCE_S), f"of the burst came {len(ticks)}"
    assert ticks == set(range(BURST))
    client.sleep(1.2)
    assert client.call("echo", 1, timeout=PATIENCE_S) == 1
    client.disconnect()


async def visit_with_asyncio(transports):
    client = socketio.AsyncClient()
    heard, done = [], asyncio.Event()
    client.on("message-back", lambda *values: heard.append(values))
    client.on("binary-back", lambda *values: heard.append(values))

    @client.on("tick")
    def on_tick(number):
        heard.append(number)
        if number == BURST - 1:
            done.set()

    await client.connect(BASE, transports=transports, auth={"token": "abc"}, wait_timeout=PATIENCE_S)
    await client.emit("message", (1, "café", {"b": [2]}))
    assert await client.call("echo", {"y": 1}, timeout=PATIENCE_S) == {"y": 1}
    await client.emit("binary", (b"\x01\x02", {"deep": b"\x03"}))
    assert await client.call("echo", b"\x09", timeout=PATIENCE_S) == b"\x09"
    await client.emit("burst", BURST)
    await asyncio.wait_for(done.wait(), PATIENCE_S)
    expected = [(1, "café", {"b": [2]}), (b"\x01\x02", {"deep": b"\x03"}), *range(BURST)]
    assert heard == expected, heard
    await client.disconnect()


def refused():
    client = socketio.Client(reconnection=False)
    reasons = []
    client.on("connect_error", lambda reason: reasons.append(reason), namespace="/unknown")
    try:
        client.connect(BASE, namespaces=["/unknown"], wait_timeout=PATIENCE_S)
    except socketio.exceptions.ConnectionError:
        pass
    else:
        raise AssertionError("it was let in")
    assert reasons == [{"message": "Invalid namespace"}], reasons
    client.disconnect()


for transports in TRANSPORTS:
    visit_with_threads(transports)
    asyncio.run(visit_with_asyncio(transports))
refused()
print("python-socketio: all passed")
sys.stdout.flush()
os._exit(0)
