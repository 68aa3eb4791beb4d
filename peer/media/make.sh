#!/bin/sh
# Makes the clip that headless peers send: two seconds of a generated test pattern and a 440 Hz tone.
# Needs ffmpeg with libvpx and libopus (Debian: apt-get install ffmpeg). The output is bit-exact for one
# version of the encoders; what matters is small files, a key frame a second and 20 ms of Opus a packet.
set -eu
cd "$(dirname "$0")"

ffmpeg -v error -y -f lavfi -i testsrc2=size=160x120:rate=15:duration=2 \
    -c:v libvpx -b:v 90k -minrate 60k -maxrate 100k -g 15 -keyint_min 15 \
    -auto-alt-ref 0 -error-resilient 1 -deadline good -threads 1 \
    -fflags +bitexact -flags:v +bitexact -f ivf pattern.ivf

ffmpeg -v error -y -f lavfi -i sine=frequency=440:duration=2:sample_rate=48000 \
    -c:a libopus -ac 2 -b:a 24k -frame_duration 20 \
    -fflags +bitexact -flags:a +bitexact -f ogg tone.ogg
