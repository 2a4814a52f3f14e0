# SPDX-License-Identifier: MIT OR Apache-2.0
#
# What the architectures' run.sh share; sourced by scripts/commands/arch, which sources
# fringe-conformance/arch/NAME/run.sh afterwards. A run.sh sets
#
#   CC        the compiler for the architecture
#   READELF   the readelf for it
#   COUNT     how instructions are counted: an emulator, then what programs for it are built with besides
#             their source
#   THREAD_POINTER
#             (optional) the registers that gdb may know the thread pointer by, as words
#
# and defines
#
#   run       everything but the JVM, as a sequence of `part`s
#   jvm       (optional) the same for a JVM of this architecture
#   smoke     (optional) of that a minute or two, for ./fringe test, where an emulator makes jvm too long for it
#   measure   (optional) the benchmarks on that JVM, for scripts/commands/bench, whose options it passes on
#
# The tools that these take are in scripts/tools, as "arch:NAME" and "jvm:NAME". In the functions OUT is a
# folder for what is built, ARCH the name and SUITE this folder.

SUITE=$FRINGE_ROOT/fringe-conformance
PASSED=0
FAILED=0
PARTS=()

WARNINGS=(-std=gnu11 -O2 -g -Wall -Wextra -Werror)
# The frame chain is what some checks follow; a tail call would cut a frame out of it.
FRAMES=(-fno-omit-frame-pointer -fno-optimize-sibling-calls -fasynchronous-unwind-tables)
# gcc makes calls of memset out of loops, which nobody defines here.
FREESTANDING=(-ffreestanding -nostdlib -static -no-pie -fno-pie -fno-stack-protector
  -fno-tree-loop-distribute-patterns)

sources() {
  INCLUDES=(-I"$SUITE" -I"$SUITE/arch/$ARCH" -I"$FRINGE_ROOT/fringe-api/src/main/native")
  ASSEMBLY=("$FRINGE_ROOT/fringe-$ARCH/src/main/native/fringe.S" "$SUITE/arch/$ARCH/arch.S")
}

# freestanding OUTPUT ARGUMENT...: a program without a C library, from suite.c, fringe.S, arch.S and
# what the arguments name: a program's source, a start file of the architecture, options.
freestanding() {
  local output=$OUT/$1
  shift
  sources
  "$CC" "${WARNINGS[@]}" "${FRAMES[@]}" "${FREESTANDING[@]}" "${INCLUDES[@]}" "$@" \
    "$SUITE/suite.c" "${ASSEMBLY[@]}" -o "$output" || die "can't build $output"
}

# hosted OUTPUT ARGUMENT...: a program with the C library.
hosted() {
  local output=$OUT/$1
  shift
  sources
  "$CC" "${WARNINGS[@]}" "${FRAMES[@]}" -pthread "${INCLUDES[@]}" "$@" \
    "$SUITE/suite.c" "$SUITE/threads.c" "${ASSEMBLY[@]}" -o "$output" || die "can't build $output"
}

# newer_libc ARCH: gets the newest C library of Debian for an architecture (in Debian's words), whose exit word is
# not its tid slot. Sets LINKER to its dynamic linker and FOLDER to where its libraries are.
newer_libc() {
  local root=$CACHE/libc-$1
  . "$FRINGE_ROOT/scripts/debian.sh"
  SUITES=$NEWEST_SUITES unpack "$1" "$root" libc6
  LINKER=$(ls "$root"/usr/lib/*-linux-gnu*/ld-linux*.so.* | head -1)
  FOLDER=${LINKER%/*}
}

# version_of LINKER [EMULATOR...]: the version of the C library that a dynamic linker belongs to.
version_of() {
  local linker=$1
  shift
  "$@" "$linker" --version | sed -n '1s/.* \([0-9.]*[0-9]\)\.\{0,1\}$/\1/p'
}

# shared_library OUTPUT: as the architecture's pom.xml links it; and OUTPUT.o, before it is linked.
shared_library() {
  local -a options
  mapfile -t options < <(sed -n 's:.*<argument>\(-[^o].*\)</argument>.*:\1:p' "$FRINGE_ROOT/fringe-$ARCH/pom.xml")
  "$CC" "${options[@]}" -o "$OUT/$1" "$FRINGE_ROOT/fringe-$ARCH/src/main/native/fringe.S" \
    || die "can't build $OUT/$1"
  "$CC" -c -o "$OUT/$1.o" "$FRINGE_ROOT/fringe-$ARCH/src/main/native/fringe.S" || die "can't build $OUT/$1.o"
}

# part NAME COMMAND...: runs a part, whose last line is "N passed, M failed", and adds it to the sum. A
# part that ends without that line, or is not done in time, has failed.
part() {
  local name=$1 output=$OUT/part.log status=0 started seconds line
  local -a limit=(timeout "${PART_TIMEOUT:-600}")
  shift
  [[ $(type -t "$1") != function ]] || limit=()
  started=$(date +%s%N)
  echo "== $ARCH: $name"
  # A serial line ends its lines with carriage returns.
  "${limit[@]}" "$@" < /dev/null 2>&1 | tr -d '\r' | tee "$output" || status=$?
  seconds=$(($(date +%s%N) - started))
  seconds=$(printf '%d.%d' $((seconds / 1000000000)) $((seconds / 100000000 % 10)))
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$output" | tail -n 1) || true
  if [[ -z $line ]]; then
    echo "FAILED $name: it ended with status $status before its last line"
    FAILED=$((FAILED + 1))
  else
    PASSED=$((PASSED + ${line%% *}))
    line=${line#*, }
    FAILED=$((FAILED + ${line%% *}))
    if [[ $status != 0 && ${line%% *} == 0 ]]; then
      echo "FAILED $name: it ended with status $status"
      FAILED=$((FAILED + 1))
    fi
  fi
  PARTS+=("$(printf '%8s s  %s' "$seconds" "$name")")
}

# instructions_of FUNCTIONS SOURCE OPTION...: prints how many instructions a program executes in FUNCTIONS (a
# pattern) for each of the PAIRS that it is told to make. The user-mode emulator writes a line for each
# instruction, with the function that it is in.
instructions_of() {
  local functions=$1 pairs each trace=$OUT/trace
  local -a counts=()
  for pairs in 100 200 300; do
    freestanding counted "${COUNT[@]:1}" "${@:2}" -DPAIRS=$pairs
    "${COUNT[0]}" -singlestep -d exec,nochain -D "$trace" "$OUT/counted" \
      || { echo "the program ended with status $?"; return 1; }
    counts+=("$(grep -cE "^Trace .* ($functions)\$" "$trace")")
  done
  rm -f "$trace"
  each=$(((counts[1] - counts[0]) / 100))
  if [[ $each -le 0 || $((counts[0] + 100 * each)) != "${counts[1]}" || $((counts[1] + 100 * each)) != "${counts[2]}" ]]
  then
    echo "${counts[*]} for 100, 200 and 300 pairs is not a fixed count"
    return 1
  fi
  echo $each
}

# count_instructions: prints how many instructions fringe_swap takes, for a pair.
count_instructions() {
  local count
  if ! count=$(instructions_of "fringe_swap|fringe_yield" "$SUITE/pairs.c"); then
    echo "FAILED instructions: $count"
    echo "0 passed, 1 failed"
    return 1
  fi
  echo "$ARCH: $count instructions per swap pair"
  echo "1 passed, 0 failed"
}

# debugger_steps [EMULATOR [ARGUMENT]]: backtraces at each instruction of the switches, by gdb; see steps.py. With
# an empty EMULATOR natively. The program gets the argument.
debugger_steps() {
  local status=0 emulator_id
  if [[ -z ${1:-} ]]; then
    FRINGE_THREAD_POINTER=${THREAD_POINTER:-} FRINGE_ARGUMENT=${2:-} \
      gdb-multiarch -batch -nx -x "$SUITE/steps.py" "$OUT/unwind" 2> "$OUT/gdb.log" \
      | grep -E '^(ok|FAILED|gdb can|[0-9]+ passed)' || status=$?
    return $status
  fi
  rm -f "$OUT/gdb.socket"
  "$1" -g "$OUT/gdb.socket" "$OUT/unwind" > "$OUT/unwind.log" 2>&1 &
  emulator_id=$!
  for _ in {1..100}; do
    [[ ! -S $OUT/gdb.socket ]] || break
    sleep 0.1
  done
  FRINGE_THREAD_POINTER=${THREAD_POINTER:-} FRINGE_TARGET=$OUT/gdb.socket \
    timeout "${PART_TIMEOUT:-600}" gdb-multiarch -batch -nx -x "$SUITE/steps.py" "$OUT/unwind" 2> "$OUT/gdb.log" \
    | grep -E '^(ok|FAILED|gdb can|[0-9]+ passed)' || status=$?
  kill "$emulator_id" 2> /dev/null || true
  wait "$emulator_id" 2> /dev/null || true
  return $status
}

# What is left out of the JUnit suite on a JVM of this architecture, as "TAG: REASON", where TAG is a tag of
# the tests. Everything else runs there. A run.sh adds to it.
LEFT_OUT=("host: it needs tools of the machine that it runs on, or looks at the sources")

# What the virtual machines that tests start are given besides what the test says.
CHILD_OPTIONS=

# jvm_of ARCH ARGUMENT...: the JVM of an architecture (in Debian's words), this machine's own or Debian's,
# with the tests and the backends of all architectures on its class path.
jvm_of() {
  local arch=$1 path
  local -a java=(bash scripts/foreign-java "$1")
  shift
  if [[ $arch == amd64 ]]; then
    java=("$JDK/bin/java" --enable-native-access=ALL-UNNAMED)
  fi
  build fringe-tests
  path=$OUT/tests:$FRINGE_ROOT/fringe-tests/target/test-classes:$(class_path fringe-tests)
  timeout --signal=QUIT --kill-after=10 "${JVM_TIMEOUT:-1800}" "${java[@]}" -XX:-CreateCoredumpOnCrash \
    -cp "$path" "$@"
}

# native_bodies: the C bodies of the tests, for the architecture; before the machine's own on the class path.
native_bodies() {
  local folder=$OUT/tests/dev/fringe/tests
  build fringe-tests
  mkdir -p "$folder"
  "$CC" -shared -fPIC -O2 -Wall -Werror -frounding-math -I"$FRINGE_ROOT/fringe-api/src/main/native" \
    -o "$folder/libbodies.so" "$FRINGE_ROOT/fringe-tests/src/test/native/bodies.c" \
    -L"$FRINGE_ROOT/fringe-$ARCH/target/classes/dev/fringe/$ARCH" -lfringe -lm || die "can't build the native bodies"
}

# junit ARCH TESTS OPTION...: the JUnit suite there: the test classes whose simple names, without "Test", match a
# pattern, or with @TAG or @TAG:PATTERN the tests that have a tag, of all classes or of those. Says which tests are left
# out or were given up, and why.
junit() {
  local arch=$1 classes=$2 log passed failed entry
  local -a excluded=() included=()
  shift 2
  if [[ $classes == @* ]]; then
    included=(--include-tag "$(sed 's/^@\([^:]*\).*/\1/' <<< "$classes")")
    [[ $classes == *:* ]] && classes=${classes#*:} || classes='.*'
  fi
  log=$LOGS/junit-$ARCH-$(tr -cs 'A-Za-z0-9\n' - <<< "$*" | tail -c 60).log
  for entry in "${LEFT_OUT[@]}"; do
    echo "left out by tag: $entry"
    excluded+=(--exclude-tag "${entry%%:*}")
  done
  # An emulated machine on a busy one may take long for a test; its limit is one still.
  jvm_of "$arch" "$@" -Dfringe.test.options="$CHILD_OPTIONS" org.junit.platform.console.ConsoleLauncher execute \
    --disable-banner --disable-ansi-colors --details=tree --details-theme=ascii --config=junit.jupiter.execution.timeout.default="300 s" \
    --scan-classpath="$FRINGE_ROOT/fringe-tests/target/test-classes" --include-classname=".*\.($classes)Test" \
    "${included[@]}" "${excluded[@]}" > "$log" 2>&1 < /dev/null || true
  passed=$(sed -n 's/^\[ *\([0-9]*\) tests successful *\]$/\1/p' "$log")
  failed=$(sed -n 's/^\[ *\([0-9]*\) tests failed *\]$/\1/p' "$log")
  if [[ -z $failed || ${passed:-0} == 0 ]]; then
    tail -n 60 "$log"
    echo "FAILED junit: the tests did not run to their end; all of the output is in $log"
    echo "0 passed, 1 failed"
    return 1
  fi
  sed -n 's/^[^A-Za-z]*\(.*\) \[A\] \(.*\)$/given up: \1: \2/p' "$log"
  [[ $failed == 0 ]] || sed -n '/^Failures/,$p' "$log" | head -n 80
  echo "$passed passed, $failed failed"
}

# torture ARCH OPTION...: the stress of ./fringe stress there, briefly.
torture() {
  local log=$LOGS/stress-$ARCH.log arch=$1
  shift
  if jvm_of "$arch" "$@" dev.fringe.stress.Stress --seconds 20 --generators 40 --least 2000 > "$log" 2>&1 < /dev/null \
      && tail -n 1 "$log" | grep -E '^[1-9][0-9]* switches, 0 corrupt$'; then
    echo "1 passed, 0 failed"
  else
    tail -n 40 "$log"
    echo "0 passed, 1 failed"
    return 1
  fi
}

# benchmarks ARCH MEANING JVM_OPTIONS OPTION...: a few of JMH's on Debian's JVM of an architecture (in Debian's
# words), beside their peers. MEANING is what is said of the times, the OPTIONs are those of ./fringe bench.
benchmarks() {
  local arch=$1 meaning=$2
  local -a options output=()
  read -ra options <<< "$3"
  shift 3
  [[ " $*" == *" --output"* ]] || output=(--output "$OUT")
  timeout --kill-after=10 900 bash scripts/foreign-java "$arch" "${options[@]}" -XX:-CreateCoredumpOnCrash \
    --add-exports java.base/jdk.internal.vm=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -cp "$(class_path "fringe-bench/fringe-bench-$ARCH")" dev.fringe.bench.Bench --small "$meaning" "${output[@]}" "$@"
}
