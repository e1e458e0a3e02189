# Native binaries of both programs.

# build COMMAND ARGUMENT...: dotnet, with one compiler for all projects, which `end_compiler` ends.
build() { dotnet "$@" -v quiet --nologo -p:UseSharedCompilation=true; }

end_compiler() { dotnet build-server shutdown --vbcscompiler >/dev/null; }

# The newest source decides whether a binary is stale; a fresh checkout always builds.
stale() {
  local binary=$1; shift
  [ ! -x "$binary" ] && return 0
  [ -n "$(find "$@" packaging/Native.props Directory.Build.props Directory.Packages.props \
    -not -path '*/obj/*' -not -path '*/bin/*' -newer "$binary" -type f -print -quit)" ]
}

dev_publish() {
  require_dotnet
  install_missing "$BUILD_PACKAGES"
  if stale "$PUBLISH/server/edge-server" server proto || stale "$PUBLISH/agent/edge-agent" agent proto; then
    step "publishing edge-server and edge-agent (native, two minutes)"
    # The build looks at the code; this looks at what is trimmed, which the native compiler does by itself.
    build publish packaging/publish.proj -c Release -p:EdgePublishDirectory="$PUBLISH" -p:RunAnalyzers=false
    end_compiler
    touch "$PUBLISH/server/edge-server" "$PUBLISH/agent/edge-agent"
  fi
  ls -l "$PUBLISH"/server/edge-server "$PUBLISH"/agent/edge-agent >&2
}
