# Builds and passes the tests; the last line is `N passed, N failed`.

# Fast and pure first, real parts last. Each runs with its own limit so that a hang is a failure.
TEST_PROJECTS='Tidy Proto Server Agent Simulation EndToEnd'
TEST_LIMIT_SECONDS=900

dev_test() {
  require_dotnet
  install_missing "$RUN_PACKAGES"
  install_missing "$BUILD_PACKAGES"
  install_missing "$TEST_PACKAGES"
  step "building"
  dotnet build Edge.sln -v quiet --nologo
  dev_publish
  local passed=0 failed=0 skipped=0 project log counts
  mkdir -p artifacts/tests
  for project in $TEST_PROJECTS; do
    step "testing $project"
    log=artifacts/tests/$project.log
    local arguments=(test "tests/$project" --no-build --nologo --logger "console;verbosity=normal")
    [ -n "${1:-}" ] && arguments+=(--filter "FullyQualifiedName~$1")
    local status=0
    # The budget is for what they start, and they give it to that themselves: here it would only slow them down.
    EDGE_SERVER=$PUBLISH/server/edge-server EDGE_AGENT=$PUBLISH/agent/edge-agent \
      timeout $TEST_LIMIT_SECONDS env -u DOTNET_GCGen0MaxBudget dotnet "${arguments[@]}" >"$log" 2>&1 || status=$?
    counts=$(count "$log")
    read -r p f s <<<"$counts"
    # A run that ended badly without naming a failed test (a crash, a limit) is a failure of its own.
    [ $status -ne 0 ] && [ "$f" -eq 0 ] && f=1
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    step "$project: $p passed, $f failed, $s skipped"
    [ "$f" -eq 0 ] || show_failures "$log"
    [ "$s" -eq 0 ] || grep -E '^\s*Skipped ' "$log" | sed 's/^ */  skipped: /' >&2
  done
  [ "$skipped" -eq 0 ] || echo "$skipped skipped, each named above"
  echo "$passed passed, $failed failed"
  [ $failed -eq 0 ] && [ $passed -gt 0 ]
}

# count LOG: "passed failed skipped" from the runner's summary.
count() {
  awk '
    /^ *Passed: *[0-9]+/ { p += $2 } /^ *Failed: *[0-9]+/ { f += $2 } /^ *Skipped: *[0-9]+/ { s += $2 }
    END { print p + 0, f + 0, s + 0 }' "$1"
}

show_failures() {
  grep -vE '^\s*(Passed|Skipped) ' "$1" | tail -n 80 | cut -c1-400 >&2
}
