# Native binaries of both programs.

# The newest source decides whether a binary is stale; a fresh checkout always builds.
stale() {
  local binary=$1; shift
  [ ! -x "$binary" ] && return 0
  [ -n "$(find "$@" packaging/Native.props Directory.Build.props Directory.Packages.props \
    -not -path '*/obj/*' -not -path '*/bin/*' -newer "$binary" -type f -print -quit)" ]
}

publish_one() {
  local project=$1
  if ! stale "$PUBLISH/$project/edge-$project" "$project" proto; then return; fi
  step "publishing edge-$project (native, about a minute)"
  # The build looks at the code; this looks at what is trimmed, which the native compiler does by itself.
  dotnet publish "$project" -c Release -o "$PUBLISH/$project" --nologo -v quiet -p:RunAnalyzers=false
  touch "$PUBLISH/$project/edge-$project"
}

dev_publish() {
  require_dotnet
  install_missing "$BUILD_PACKAGES"
  publish_one server
  publish_one agent
  ls -l "$PUBLISH"/server/edge-server "$PUBLISH"/agent/edge-agent >&2
}
