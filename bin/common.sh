# Read by ./ferry, ./test and the scripts in bench/, not run. POSIX sh.
#
# shellcheck shell=sh disable=SC2154 # $name is the name of the one that reads it

fail() {
    echo "$name: $*" >&2
    exit 1
}

# Prints the major version of the JDK in folder $1, and nothing where there is none. Its `release` file says it, so no
# JVM is started to ask. A JRE has no javac and does not count.
jdk_major() {
    [ -r "$1/release" ] && [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 0
    while IFS='=' read -r key value; do
        [ "$key" = JAVA_VERSION ] || continue
        value=${value#\"}
        value=${value%%[!0-9]*}
        echo "$value"
        return 0
    done <"$1/release"
}

# Whether the JDK in folder $1 is new enough.
jdk_fits() {
    major=$(jdk_major "$1")
    [ -n "$major" ] && [ "$major" -ge 25 ]
}

# Prints where the program $1 really is, through symbolic links.
real_path() {
    file=$1
    links=0
    while [ -L "$file" ] && [ "$links" -lt 40 ]; do
        link=$(readlink "$file")
        case $link in
            /*) file=$link ;;
            *) file=$(dirname "$file")/$link ;;
        esac
        links=$((links + 1))
    done
    echo "$(cd "$(dirname "$file")" && pwd -P)/$(basename "$file")"
}

# Prints the oldest JDK that is new enough out of the folders where JDKs are usually installed: what Ferry was built
# and tested with comes before what is newer still.
installed_jdk() {
    best=
    best_major=
    # Where one installs by hand (FERRY_JDKS replaces the list): systems, SDKMAN, IDEs, asdf, mise, Homebrew, macOS.
    for jdk in ${FERRY_JDKS-/usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /usr/local/openjdk-* /usr/local/java/* /opt/* \
        /opt/java/* /opt/jdk/* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.asdf/installs/java/* \
        "$HOME"/.local/share/mise/installs/java/* /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
        /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home /Library/Java/JavaVirtualMachines/*/Contents/Home \
        "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home}; do
        if jdk_fits "$jdk" && { [ -z "$best" ] || [ "$major" -lt "$best_major" ]; }; then
            best=$jdk
            best_major=$major
        fi
    done
    echo "$best"
}

# Sets JAVA_HOME to a JDK that is new enough: the one it names, the one of `java` on the PATH, or an installed one.
find_jdk() {
    if [ -n "${JAVA_HOME-}" ] && jdk_fits "$JAVA_HOME"; then
        export JAVA_HOME
        return
    fi
    JAVA_HOME=
    if java=$(command -v java); then
        home=$(dirname "$(dirname "$(real_path "$java")")")
        if jdk_fits "$home"; then
            JAVA_HOME=$home
        fi
    fi
    if [ -z "$JAVA_HOME" ]; then
        JAVA_HOME=$(installed_jdk)
    fi
    [ -n "$JAVA_HOME" ] || fail "needs a JDK of version 25 or later, and found none:" \
        "install one (for example Temurin 25 from https://adoptium.net) or set JAVA_HOME to it."
    export JAVA_HOME
}

need_maven() {
    command -v mvn >/dev/null ||
        fail "needs Maven 3.8 or later to build: install it (on Debian and Ubuntu: apt-get install maven)."
    # Maven's own libraries do what JDK 25 warns of.
    export MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED ${MAVEN_OPTS-}"
}

# Ends in the tests named by $1 (Surefire's way), the slow ones among them; what follows is for Maven.
exec_slow_tests() {
    tests=$1
    shift
    find_jdk
    need_maven
    exec mvn -B -ntp -q test -Dtest="$tests" -Dferry.slow=true -Dsurefire.failIfNoSpecifiedTests=true "$@"
}
