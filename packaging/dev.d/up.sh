# A whole cluster on this machine: broker, server, N agents each with a containerd of its own, a registry, a sample.

BRIDGE=edgedev0
NETWORK=10.88.0   # the bridge takes .1, agent N takes .1N; used only with several agents

# Both as tests/Support/RuntimeSettings.cs has them; for nothing else that is started from here.
# A start-up share of gen0 keeps slow allocation from filling it: hexadecimal, without 0x, environment only.
# One heap of the C library for all threads: the default of several per core keeps a megabyte each.
SERVER_SETTINGS=(env DOTNET_GCGen0MaxBudget=1000000 MALLOC_ARENA_MAX=1)
AGENT_SETTINGS=(env DOTNET_GCGen0MaxBudget=80000 MALLOC_ARENA_MAX=1)

dev_up() {
  local agents=1
  while [ $# -gt 0 ]; do
    case $1 in
      --agents) agents=${2:-}; shift 2 || fail "--agents needs a number" ;;
      *) fail "unknown argument '$1'; the only one is --agents N" ;;
    esac
  done
  [[ $agents =~ ^[1-9][0-9]?$ ]] || fail "--agents '$agents' is not a number from 1 to 99"
  [ "$(id -u)" = 0 ] || fail "up starts containers and needs root"
  [ ! -e "$DATA/up" ] || fail "already up in $DATA; \`packaging/dev down\` ends it"
  dev_install_and_build
  mkdir -p "$DATA/run" "$DATA/log" && touch "$DATA/up"
  ADDRESS=127.0.0.1
  [ "$agents" -eq 1 ] || make_bridge
  start_registry
  start_server
  local index
  for index in $(seq 1 "$agents"); do start_agent "$index" "$agents"; done
  run_sample
  show_cluster
  echo "export KUBECONFIG=$DATA/server/admin.kubeconfig"
}

dev_install_and_build() {
  require_dotnet
  install_missing "$RUN_PACKAGES"
  dev_publish
}

# spawn NAME COMMAND…: a daemon of ours, its pid in run/, its output in log/.
spawn() {
  local name=$1; shift
  setsid "$@" >>"$DATA/log/$name.log" 2>&1 </dev/null &
  echo $! >"$DATA/run/$name.pid"
}

# await SECONDS WHAT COMMAND…: polls until the command succeeds; names the log to read when it does not.
await() {
  local seconds=$1 what=$2 end; shift 2
  end=$((SECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || fail "$what: not within $seconds s; see $DATA/log"
    sleep 0.2
  done
}

make_bridge() {
  ADDRESS=$NETWORK.1
  # A bridge without an address of its own takes its ports' lowest, and changes it under its neighbours.
  ip link add $BRIDGE address 02:ed:9e:00:00:01 type bridge
  ip addr add "$ADDRESS/24" dev $BRIDGE
  ip link set $BRIDGE up
}

# make_namespace NAME INDEX: a machine of its own, as far as the network goes.
make_namespace() {
  ip netns add "$1"
  ip link add "edgedev$2" type veth peer name eth0 netns "$1"
  ip link set "edgedev$2" master $BRIDGE up
  ip -n "$1" addr add "$NETWORK.1$2/24" dev eth0
  ip -n "$1" link set eth0 up
  ip -n "$1" link set lo up
  ip -n "$1" route add default via $NETWORK.1
}

start_registry() {
  REGISTRY=$ADDRESS:5000
  step "starting a registry on $REGISTRY"
  cat >"$DATA/registry.yml" <<TEXT
version: 0.1
storage: { filesystem: { rootdirectory: $DATA/registry } }
http: { addr: $REGISTRY }
TEXT
  spawn registry docker-registry serve "$DATA/registry.yml"
  await 20 "the registry" curl -fsS "http://$REGISTRY/v2/"
  push_sample "$REGISTRY"
}

start_server() {
  step "starting edge-server and its broker"
  local advertise=(--advertise-address 127.0.0.1)
  [ "$ADDRESS" = 127.0.0.1 ] || advertise=(--advertise-address "$ADDRESS" --advertise-address 127.0.0.1)
  spawn server "${SERVER_SETTINGS[@]}" "$PUBLISH/server/edge-server" run --data-dir "$DATA/server" \
    --run-dir "$DATA/run/server" --listen "$ADDRESS:6443" "${advertise[@]}"
  await 30 "the server" test -s "$DATA/server/admin.kubeconfig"
  open_kubeconfig
  await 30 "the server" api GET /readyz
}

start_agent() {
  local index=$1 agents=$2 name=node-$1 inside=() node=$DATA/agents/node-$1 token
  if [ "$agents" -gt 1 ]; then
    make_namespace "edgedev-$index" "$index"
    # Not `ip netns exec`: its own mount namespace would hide the pinned sandboxes from containerd.
    inside=(nsenter "--net=/run/netns/edgedev-$index")
  fi
  step "starting containerd and edge-agent $name"
  mkdir -p "$node"
  cat >"$node/containerd.toml" <<TEXT
version = 2
root = "$node/containerd"
state = "$DATA/run/$name/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$DATA/run/$name/containerd.sock"
TEXT
  mkdir -p "$DATA/run/$name"
  spawn "containerd-$name" "${inside[@]}" containerd --config "$node/containerd.toml"
  await 20 "containerd of $name" ctr --address "$DATA/run/$name/containerd.sock" version
  token=$("$PUBLISH/server/edge-server" token create --kubeconfig "$DATA/server/admin.kubeconfig")
  spawn "agent-$name" "${inside[@]}" "${AGENT_SETTINGS[@]}" "$PUBLISH/agent/edge-agent" run --node-name "$name" \
    --data-dir "$node/agent" --run-dir "$DATA/run/$name/agent" \
    --containerd-socket "$DATA/run/$name/containerd.sock" --cgroup-root "/edgedev-$name" \
    --server "https://$ADDRESS:6443" --token "$(sed -n 's/^token: *//p' <<<"$token")" \
    --ca-cert-hash "$(sed -n 's/^caCertHash: *//p' <<<"$token")" --insecure-registry "$REGISTRY"
}
