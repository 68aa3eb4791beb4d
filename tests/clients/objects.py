"""An object store that speaks S3 on a port of this machine, until its standard input ends."""

import sys

from moto.server import ThreadedMotoServer

store = ThreadedMotoServer(ip_address="127.0.0.1", port=int(sys.argv[1]), verbose=False)
store.start()
print("ready", flush=True)
sys.stdin.read()
store.stop()
