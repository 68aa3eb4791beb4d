"""The stock Python client, unmodified, on every transport."""

import os
import sys
import threading

import socketio

BASE = os.environ.get("BASE", "http://127.0.0.1:3000")


def visit(transports):
    client = socketio.Client()
    heard, done = [], threading.Event()

    @client.on("message-back")
    def on_back(*values):
        heard.append(values)

    @client.on("binary-back")
    def on_binary(*values):
        heard.append(values)

    @client.on("tick")
    def on_tick(number):
        heard.append(number)
        if number == 499:
            done.set()

    client.connect(BASE, transports=transports, auth={"token": "abc"}, wait_timeout=5)
    client.emit("message", (1, "café", {"b": [2]}))
    assert client.call("echo", {"y": 1}, timeout=5) == {"y": 1}
    client.emit("binary", (b"\x01\x02", {"deep": b"\x03"}))
    assert client.call("echo", b"\x09", timeout=5) == b"\x09"
    # More packets than the client takes in one poll.
    client.emit("burst", 500)
    assert done.wait(10), "the burst did not come"
    assert heard[0] == (1, "café", {"b": [2]}), heard[0]
    assert heard[1] == (b"\x01\x02", {"deep": b"\x03"}), heard[1]
    assert heard[2:] == list(range(500))
    client.sleep(1.2)
    assert client.call("echo", 1, timeout=5) == 1
    client.disconnect()


def refused():
    client = socketio.Client(reconnection=False)
    reasons = []
    client.on("connect_error", lambda reason: reasons.append(reason), namespace="/unknown")
    try:
        client.connect(BASE, namespaces=["/unknown"], wait_timeout=5)
    except socketio.exceptions.ConnectionError:
        pass
    else:
        raise AssertionError("it was let in")
    assert reasons == [{"message": "Invalid namespace"}], reasons
    client.disconnect()


for transports in (["websocket"], ["polling"], ["polling", "websocket"]):
    visit(transports)
refused()
print("python-socketio: all passed")
sys.stdout.flush()
os._exit(0)
