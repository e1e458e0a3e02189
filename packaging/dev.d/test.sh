# Builds and passes the tests; the last line is `N passed, N failed`.

# Fast and pure first, real parts last. Each runs with its own limit so that a hang is a failure.
TEST_PROJECTS='Tidy Proto Server Agent'
TEST_LIMIT_SECONDS=900

dev_test() {
  require_dotnet
  install_missing "$RUN_PACKAGES"
  install_missing "$BUILD_PACKAGES"
  install_missing "$TEST_PACKAGES"
  step "building"
  build build Edge.sln
  passed=0 failed=0 skipped=0
  mkdir -p artifacts/tests
  local project publishing simulation
  # Only EndToEnd needs the native binaries; they are made with what processor time the others leave.
  aside "$ROOT/packaging/dev" publish &
  publishing=$!
  for project in $TEST_PROJECTS; do
    step "testing $project"
    run_tests "$project" "${1:-}"
    tell_tests "$project"
  done
  wait $publishing || fail "the programs cannot be published"
  end_compiler
  # Simulation is nothing but computing and EndToEnd mostly waits: one computes while the other waits.
  step "testing EndToEnd, and Simulation beside it"
  run_tests Simulation "${1:-}" aside &
  simulation=$!
  # shellcheck disable=SC2064 # the process of now
  trap "kill $simulation 2>/dev/null" EXIT
  run_tests EndToEnd "${1:-}"
  tell_tests EndToEnd
  wait $simulation
  trap - EXIT
  tell_tests Simulation
  [ "$skipped" -eq 0 ] || echo "$skipped skipped, each named above"
  echo "$passed passed, $failed failed"
  [ $failed -eq 0 ] && [ $passed -gt 0 ]
}

# run_tests PROJECT FILTER [RUNNER]: leaves its log and its exit status in artifacts/tests.
run_tests() {
  # Only "detailed" shows what passed tests say, which is how many seeds they lived.
  local detail=normal status=0
  [ "$1" = Simulation ] && detail=detailed
  local arguments=(test "tests/$1" --no-build --nologo --logger "console;verbosity=$detail")
  [ -n "$2" ] && arguments+=(--filter "FullyQualifiedName~$2")
  EDGE_SERVER=$PUBLISH/server/edge-server EDGE_AGENT=$PUBLISH/agent/edge-agent \
    ${3:-} timeout $TEST_LIMIT_SECONDS dotnet "${arguments[@]}" \
    >"artifacts/tests/$1.log" 2>&1 || status=$?
  echo $status >"artifacts/tests/$1.status"
}

# aside COMMAND...: with the processor time that nobody else wants. The kernel shares it between terminal sessions
# before it looks at niceness within one (sched(7), autogroup), so that it has to be a session of its own.
aside() {
  # shellcheck disable=SC2016 # for the shell that is begun
  setsid --wait setpriv --pdeathsig TERM \
    bash -c '{ echo 19 >/proc/self/autogroup; } 2>/dev/null; exec nice -n 19 "$@"' aside "$@"
}

# tell_tests PROJECT: adds to passed, failed and skipped, and shows what a person wants to know of it.
tell_tests() {
  local log=artifacts/tests/$1.log status p f s
  status=$(cat "artifacts/tests/$1.status")
  read -r p f s <<<"$(count "$log")"
  # A run that ended badly without naming a failed test (a crash, a limit) is a failure of its own.
  [ "$status" -ne 0 ] && [ "$f" -eq 0 ] && f=1
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  step "$1: $p passed, $f failed, $s skipped"
  grep -oE '[0-9]+ seeds of .*' "$log" | sed 's/^/  /' >&2 || true
  [ "$f" -eq 0 ] || show_failures "$log"
  [ "$s" -eq 0 ] || grep -E '^\s*Skipped ' "$log" | sed 's/^ */  skipped: /' >&2
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
