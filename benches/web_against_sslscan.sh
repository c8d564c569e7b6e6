#!/bin/sh
# Measures our web probe beside sslscan on one local TLS server, and prints both medians and the ratio. sslscan looks at
# versions, suites and the certificate; our probe at the page, its headers and all else as well.
#   cargo build --release && benches/web_against_sslscan.sh [runs]
# `TARGET=localhost:8443` measures a server that runs already. That is the truer figure: openssl's own server takes one
# connection at a time and never answers OPTIONS. Our probe waits for that 20 times as long as a GET took, but at least 100 ms
# and at most 1 s, and then drops that connection.
set -eu
cd "$(dirname "$0")/.."
runs=${1:-7}
program=${GONOGO:-target/release/gonogo}
command -v sslscan >/dev/null || { echo "sslscan is missing: install it (apt install sslscan, brew install sslscan)"; exit 1; }
command -v openssl >/dev/null || { echo "openssl is missing: install it"; exit 1; }
[ -x "$program" ] || { echo "$program is missing: cargo build --release"; exit 1; }
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")

folder=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi; rm -rf "$folder"' EXIT
cd "$folder"
openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout key.pem -out cert.pem 2>/dev/null
now() { perl -MTime::HiRes=time -e 'printf "%d\n", time * 1000'; }

serve() { # options of s_server
    openssl s_server -www -accept 127.0.0.1:0 -key key.pem -cert cert.pem "$@" >out 2>/dev/null &
    server=$!
    port=
    while [ -z "$port" ]; do
        sleep 0.1
        port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' out)
    done
}

median() { # command
    for _ in $(seq "$runs"); do
        start=$(now)
        "$@" >/dev/null 2>&1 || true
        echo $(($(now) - start))
    done | sort -n | sed -n "$(((runs + 1) / 2))p"
}

compare() { # name, options of s_server
    name=$1
    shift
    serve "$@"
    theirs=$(median sslscan --no-colour "localhost:$port")
    ours=$(median env HOME="$folder" XDG_CONFIG_HOME="$folder" XDG_DATA_HOME="$folder" XDG_STATE_HOME="$folder" \
        SSL_CERT_FILE="$folder/cert.pem" "$program" check --only web --url "https://localhost:$port/" --yes)
    kill "$server"
    wait "$server" 2>/dev/null || true
    server=
    awk -v name="$name" -v ours="$ours" -v theirs="$theirs" \
        'BEGIN { printf "%s: gonogo %d ms, sslscan %d ms, %.1f times as fast\n", name, ours, theirs, theirs / ours }'
}

if [ -n "${TARGET:-}" ]; then
    theirs=$(median sslscan --no-colour "$TARGET")
    ours=$(median env HOME="$folder" XDG_STATE_HOME="$folder" "$program" check --only web --url "https://$TARGET/" --yes)
    echo "$TARGET: gonogo $ours ms, sslscan $theirs ms"
    exit
fi
compare "current settings" -no_tls1 -no_tls1_1 -cipher ECDHE+AESGCM:ECDHE+CHACHA20
compare "everything allowed" -cipher 'ALL:@SECLEVEL=0'
