"""What browsers say to each other, and what passes through the server as it is."""

FINGERPRINT = ":".join(["D2"] * 32)


def description(setup):
    return "\r\n".join(
        [
            "v=0",
            "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
            "s=-",
            "t=0 0",
            "a=group:BUNDLE 0",
            "m=audio 9 UDP/TLS/RTP/SAVPF 111",
            "c=IN IP4 0.0.0.0",
            "a=ice-ufrag:4ZcD",
            "a=ice-pwd:2/1muCWoOi3uLifh0NuRHlVF",
            f"a=fingerprint:sha-256 {FINGERPRINT}",
            f"a=setup:{setup}",
            "a=mid:0",
            "a=rtpmap:111 opus/48000/2",
            "",
        ]
    )


OFFER = description("actpass")
ANSWER = description("active")
CANDIDATE = {
    "candidate": "candidate:842163049 1 udp 1677729535 192.0.2.7 46154 typ srflx raddr 10.0.0.2 rport 46154",
    "sdpMid": "0",
    "sdpMLineIndex": 0,
}
