# Ends everything that `up` started, in the reverse order, and removes every trace.

dev_down() {
  [ -d "$DATA" ] || { step "nothing is up in $DATA"; return; }
  stop_processes 'agent-*' 'server' 'registry'
  stop_broker
  local run
  for run in "$DATA"/run/node-*/; do
    [ -S "$run/containerd.sock" ] && end_containers "$run/containerd.sock"
  done
  stop_processes 'containerd-*'
  end_shims
  remove_network
  remove_mounts
  remove_cgroups
  rm -rf "$DATA"
  step "down"
}

# stop_processes PATTERN…: SIGTERM, then SIGKILL after five seconds.
stop_processes() {
  local pattern file pid
  for pattern in "$@"; do
    for file in "$DATA"/run/$pattern.pid; do
      [ -e "$file" ] || continue
      pid=$(cat "$file")
      kill -TERM "$pid" 2>/dev/null || true
      for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
      kill -KILL "$pid" 2>/dev/null || true
      rm -f "$file"
    done
  done
}

# The broker outlives the server on purpose; its command line names our configuration.
stop_broker() { pkill -TERM -f "mosquitto.*$DATA" 2>/dev/null || true; }

end_containers() {
  local socket=$1 id
  for id in $(ctr -a "$socket" -n edge containers list -q 2>/dev/null); do
    ctr -a "$socket" -n edge task rm --force "$id" >/dev/null 2>&1 || true
    ctr -a "$socket" -n edge containers rm "$id" >/dev/null 2>&1 || true
  done
}

end_shims() { pkill -KILL -f "containerd-shim.*$DATA" 2>/dev/null || true; }

remove_network() {
  local namespace link
  for namespace in $(ip netns list | awk '/^edgedev-/ { print $1 }'); do ip netns del "$namespace"; done
  ip link del $BRIDGE 2>/dev/null || true
  # With one agent its pods hang on this machine's own namespace.
  nft delete table ip edge 2>/dev/null || true
  nft delete table inet edge 2>/dev/null || true
}

remove_mounts() {
  local mount
  awk -v data="$DATA/" 'index($5, data) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
    while read -r mount; do umount -l "$mount"; done
}

remove_cgroups() {
  find /sys/fs/cgroup -depth -type d -path '*/edgedev-node-*' -exec rmdir {} \; 2>/dev/null || true
}
