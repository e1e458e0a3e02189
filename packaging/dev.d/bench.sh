# Figures beside budgets, and the runs that take long.

# Prints one tab-separated line a figure: name, value, unit, max|min, budget, peer's value, ratio.
dev_bench() {
  install_missing "$RUN_PACKAGES"
  dev_publish
  build build tests/Bench -c Release
  end_compiler
  EDGE_SERVER=$PUBLISH/server/edge-server EDGE_AGENT=$PUBLISH/agent/edge-agent \
    dotnet run --project tests/Bench -c Release --no-build -- "$@"
}

dev_soak() {
  install_missing "$RUN_PACKAGES"
  install_missing "$SOAK_PACKAGES"
  export EDGE_CHAOS_ROUNDS=${EDGE_CHAOS_ROUNDS:-50} EDGE_SIMULATION_SEEDS=${EDGE_SIMULATION_SEEDS:-100000}
  export EDGE_LINK_ROUNDS=${EDGE_LINK_ROUNDS:-200}
  export EDGE_WORKLOAD_SEEDS=${EDGE_WORKLOAD_SEEDS:-1000} EDGE_SEEDS=${EDGE_SEEDS:-1000}
  export EDGE_CLUSTER_SEEDS=${EDGE_CLUSTER_SEEDS:-5000}
  export EDGE_STORE_SEEDS=${EDGE_STORE_SEEDS:-500} EDGE_FUZZ_SECONDS=${EDGE_FUZZ_SECONDS:-300}
  export EDGE_POWER_CUTS=${EDGE_POWER_CUTS:-10000} EDGE_MACHINE_CUTS=${EDGE_MACHINE_CUTS:-20}
  export EDGE_SOAK=1
  # For each test project; a million worlds (EDGE_CLUSTER_SEEDS) take three days on two cores.
  TEST_LIMIT_SECONDS=${EDGE_SOAK_LIMIT_SECONDS:-7200}
  dev_test "$@"
}

# The production projects also compile for the next framework, ahead of its native packs.
dev_check_next() {
  require_dotnet
  local project
  for project in server agent; do
    step "compiling edge-$project for net10.0"
    build build "$project" -p:EdgeTargetFramework=net10.0 -p:PublishAot=false -p:RunAnalyzers=false \
      --artifacts-path artifacts/next
  done
}
