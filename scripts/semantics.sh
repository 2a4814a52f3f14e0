# SPDX-License-Identifier: MIT OR Apache-2.0
#
# usage: scripts/semantics.sh ENGINE [COLLECTOR] [JAVA [ARGUMENT...]]
#
# What generators mean, on one engine: the tests of fringe-tests with the tag "semantics". Those that need a capability
# which the engine declares not to have pass if it refuses (Needs). On the portable engine those of threads that bodies
# share are left out (tag "pooled-threads"); where a body is a virtual thread those of what only platform
# threads have (tag "platform-bodies"), and else those of virtual threads that resume and keep their carriers
# (tag "pinned-resumers"). The virtual machines that a test starts are on the same engine.
# Needs built classes. To be run by a command of ./fringe, or after set_up and build.

set -euo pipefail
. scripts/lib.sh

engine=$1 collector=${2:-g1}
shift $(($# < 2 ? $# : 2))
launcher=("$@")
[[ ${#launcher[@]} != 0 ]] || launcher=("$JDK/bin/java" --enable-native-access=ALL-UNNAMED)
left_out=()
case $engine in
  # Where switches take longer, counts are scaled, not checks.
  native) options=() ;;
  portable)
    options=(-Ddev.fringe.backend=portable -Dfringe.test.scale=0.3)
    left_out=(--exclude-tag pooled-threads --exclude-tag platform-bodies)
    ;;
  handoff)
    options=(-Ddev.fringe.backend=portable -Ddev.fringe.portable.handoff=true -Dfringe.test.scale=0.05)
    left_out=(--exclude-tag pooled-threads --exclude-tag pinned-resumers)
    ;;
  *) die "there is no engine $engine; it is native, portable or handoff" ;;
esac
case $collector in
  serial) options+=(-XX:+UseSerialGC) ;;
  parallel) options+=(-XX:+UseParallelGC) ;;
  g1) options+=(-XX:+UseG1GC) ;;
  z) options+=(-XX:+UseZGC) ;;
  shenandoah) options+=(-XX:+UseShenandoahGC) ;;
  default) ;;
  *) die "there is no collector $collector" ;;
esac

log=$LOGS/semantics-$engine-$collector.log
classes=$LOGS/semantics-$engine-$collector.classes
rm -f "$classes".*
[[ $engine == native ]] || options+=("-Xlog:class+init:file=$classes.%p:none:filecount=0")
status=0
(
  cd fringe-tests
  "${launcher[@]}" -XX:-CreateCoredumpOnCrash -XX:+ErrorFileToStdout "${options[@]}" \
    "-Dfringe.test.options=${options[*]}" \
    -cp "$FRINGE_ROOT/fringe-tests/target/test-classes:$(class_path fringe-tests)" \
    org.junit.platform.console.ConsoleLauncher execute --disable-banner --disable-ansi-colors --details=tree \
    --scan-classpath target/test-classes --include-tag semantics "${left_out[@]}"
) > "$log" 2>&1 < /dev/null || status=$?
count() { sed -n "s/^\[ *\([0-9]*\) tests $1 *\]$/\1/p" "$log"; }
passed=$(count successful) failed=$(count failed) skipped=$(($(count skipped) + $(count aborted) + 0))
if [[ $status != 0 || ${failed:-1} != 0 ]]; then
  grep -E '\[X\]' "$log" >&2 || tail -n 60 "$log" >&2
  say "semantics on the $engine engine, $collector FAILED; all of its output is in $log"
  status=1
fi
# What is no machine's touches nothing of one: no class of native stacks is initialised but those that tell engines apart.
if [[ $engine != native ]]; then
  if grep -h "Initializing 'dev/fringe/nativestacks/" "$classes".* | grep -v /NativeEngineProvider >&2; then
    say "semantics on the $engine engine, $collector: classes of native stacks have been initialised; see $classes.*"
    status=1 failed=$((${failed:-0} + 1))
  else
    rm -f "$classes".*
  fi
fi
echo "semantics on the $engine engine, $collector:"
echo "${passed:-0} passed, ${failed:-1} failed, $skipped skipped"
exit $status
