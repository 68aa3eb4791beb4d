#!/bin/sh
# Makes the clips that headless peers send, two seconds each: a generated test pattern with a 440 Hz tone, and a
# white picture with a beep of 1 kHz, both for a tenth of a second at each full second.
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

ffmpeg -v error -y -f lavfi \
    -i "color=black:size=640x480:rate=30:duration=2,drawbox=color=white:t=fill:enable='lt(mod(n\,30)\,3)'" \
    -c:v libvpx -b:v 200k -g 30 -keyint_min 30 \
    -auto-alt-ref 0 -error-resilient 1 -deadline good -threads 1 \
    -fflags +bitexact -flags:v +bitexact -f ivf flash.ivf

# The encoder's delay of 120 samples is taken off, so that the beep begins where its first packet does. The first second
# is for the encoder to get going; it is not sent.
ffmpeg -v error -y -f lavfi \
    -i "aevalsrc=exprs='if(lt(mod(n+120,48000),4800),0.6*sin(2*PI*1000*(n+120)/48000),0)':sample_rate=48000:duration=3" \
    -c:a libopus -application lowdelay -vbr on -ac 2 -b:a 24k -frame_duration 20 \
    -fflags +bitexact -flags:a +bitexact -f ogg beep.ogg
