#!/bin/sh
# Build the client library if it is not, install what the example needs beside it, and serve the page.
# The page opens a visit by what stands behind the # of an invitation link; BEDSIDE_URL says where the server is.
set -eu
cd "$(dirname "$0")"
if [ ! -f ../../web/sdk/dist/index.js ]; then
    (cd ../../web && npm ci && npm run build --workspace sdk)
fi
[ -d node_modules ] || npm ci
exec node_modules/.bin/vite "$@"
