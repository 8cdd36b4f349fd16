# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Shared by the guest-* scripts: where things live.  Sourced, not run.
# All three can be set in the environment.
#   ADIT_CACHE        holds the kernel that guest-prep built (default /var/cache/adit)
#   ADIT_LAB_RUN      one folder per running guest (default /run/adit-lab)
#   ADIT_LAB_KERNEL   a kernel to use in place of the cached one

ADIT_CACHE=${ADIT_CACHE:-/var/cache/adit}
ADIT_LAB_RUN=${ADIT_LAB_RUN:-/run/adit-lab}
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)

die() { echo "${0##*/}: $*" >&2; exit 1; }

# The cached kernel's name carries a digest of the options it was built with,
# so that an edited uml.config is never answered with an old kernel.
kernel_path() {
    if [ -n "${ADIT_LAB_KERNEL:-}" ]; then
        echo "$ADIT_LAB_KERNEL"
    else
        echo "$ADIT_CACHE/linux-uml-$(sha256sum <"$here/uml.config" | cut -c1-12)"
    fi
}

guest_dir() {
    case $1 in
    ''|*[!A-Za-z0-9_-]*) die "a guest's name is letters, digits, - and _ only" ;;
    esac
    [ ${#1} -le 12 ] || die "a guest's name is 12 characters at most"
    echo "$ADIT_LAB_RUN/$1"
}

# True while the guest's kernel runs.  The pid is that of unshare(1), whose
# start time is kept beside it so that a reused pid is not taken for ours.
guest_alive() {
    local pid start
    [ -r "$1/pid" ] && read -r pid start <"$1/pid" && proc_start "$pid" &&
        [ "$proc_start" = "$start" ]
}

# Sets proc_start to the time (in ticks) at which process $1 began.
proc_start() {
    local stat
    proc_start=
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    [ "$1" != Z ] && proc_start=${20}
}

# wait_until SECONDS COMMAND...: poll until COMMAND is true, without a fork.
exec {never}<> <(:)
wait_until() {
    local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000)); shift
    until "$@"; do
        [ "${EPOCHREALTIME/[.,]/}" -lt $end ] || return
        read -r -t 0.02 -u "$never" || true
    done
}
