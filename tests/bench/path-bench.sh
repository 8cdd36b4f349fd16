#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# path-bench.sh - two ends in two network namespaces, one processor each, one TCP stream:
# throughput, and processor seconds per gigabyte of both ends together.  Root.
#
#     path-bench.sh PROGRAM [SECONDS [queue|fifo [OFFLOADS-OFF]]]
#
# CARRIERS=pptp: PPP, MPPE and GRE over raw IP; else the null carrier over UDP.  RATE=50mbit: a
# bottleneck.  VERBOSE=1: what the ends counted.
set -eu
carriers=${CARRIERS:-null} mtu=1420
[ "$carriers" != pptp ] || mtu=1400
program=$1 seconds=${2:-4} queue=${3:-queue} off=${4:-}
a=path-bench-a-$$ b=path-bench-b-$$ out=$(mktemp -d)

cleanup () {
    kill $pids 2>/dev/null || true
    wait 2>/dev/null || true
    ip netns del "$a" 2>/dev/null || true
    ip netns del "$b" 2>/dev/null || true
    rm -rf "$out"
}
pids=
trap cleanup EXIT
trap 'exit 130' INT TERM

end () { # namespace, processor, own and other outer address, inner address
    ip netns exec "$1" taskset -c "$2" "$program" "$carriers" tun0 "$3" "$4" "$mtu" "$queue" ${off:+"$off"} 2>"$out/$1" &
    pids="$pids $!"
    until ip -n "$1" link show tun0 >"$out/null" 2>&1; do kill -0 $!; done
    ip -n "$1" addr add "$5/24" dev tun0
    ip -n "$1" link set tun0 mtu "$mtu" up
}

ip netns add "$a"
ip netns add "$b"
ip link add v0 netns "$a" type veth peer name v0 netns "$b"
for n in "$a 1" "$b 2"; do
    ip -n "${n% *}" link set lo up
    ip -n "${n% *}" addr add "10.99.0.${n#* }/24" dev v0
    ip -n "${n% *}" link set v0 up
done
[ -z "${RATE:-}" ] || tc -n "$a" qdisc add dev v0 root tbf rate "$RATE" burst 32k limit 1000000
last=$(($(nproc) - 1))
end "$a" 0 10.99.0.1 10.99.0.2 10.98.0.1
end "$b" "$last" 10.99.0.2 10.99.0.1 10.98.0.2
ip netns exec "$b" taskset -c "$last" iperf3 -s -1 -B 10.98.0.2 >"$out/server" &
ip netns exec "$a" ping -q -c 2 -W 2 10.98.0.2 >"$out/ping"
ip netns exec "$a" taskset -c 0 iperf3 -c 10.98.0.2 -t "$seconds" -J >"$out/json"
kill $pids
wait $pids || true
pids=
awk '/"sum_sent"/ { sent = 1 } sent && /"bytes"/ { gsub (/[^0-9]/, ""); print; exit }' "$out/json" >"$out/bytes"
[ -z "${VERBOSE:-}" ] || cat "$out/$a" "$out/$b" >&2
awk -v bytes="$(cat "$out/bytes")" -v seconds="$seconds" -v name="$carriers" '/^cpu / { split ($2, t, "+"); cpu += t[1] + t[2] }
    END { printf "%s.throughput %.4g Gbit/s\n%s.cpu %.4g s/GB\n", name, bytes * 8 / seconds / 1e9, name, cpu / bytes * 1e9 }' \
    "$out/$a" "$out/$b"
