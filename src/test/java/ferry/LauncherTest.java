package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The launchers, run on a copy of themselves among JDKs and a Maven that only say that they were called.
class LauncherTest {
    private static final Instant YESTERDAY = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    Path folder;

    private Path project;
    private Path jdks;
    private final Map<String, String> environment = new HashMap<>();

    /// What a launcher did.
    private record Run(int exit, String out, String err) {}

    @BeforeEach
    void copy() throws IOException {
        project = Files.createDirectories(folder.resolve("a project"));
        jdks = Files.createDirectories(folder.resolve("jdks"));
        Files.createDirectories(project.resolve("bin"));
        for (var file : new String[] {"ferry", "test", "bin/common.sh"}) {
            Files.copy(Path.of(file), project.resolve(file));
        }
        Files.createDirectories(project.resolve("src/main/java"));
        Files.createDirectories(project.resolve("target"));
        old(Files.writeString(project.resolve("pom.xml"), "<project/>"));
        old(Files.writeString(project.resolve("src/main/java/Main.java"), "class Main {}"));
        old(project.resolve("src/main/java"));
        old(project.resolve("src/main"));
        var programs = Files.createDirectories(folder.resolve("programs"));
        script(programs.resolve("mvn"), """
                echo "mvn $* with $JAVA_HOME in $(pwd)"
                [ ! -e "%s/broken" ] || exit 1
                echo jar > target/ferry.jar
                """.formatted(folder));
        environment.put("PATH", programs + ":/usr/bin:/bin");
        environment.put("HOME", folder.resolve("home").toString());
        environment.put("FERRY_JDKS", jdks + "/*");
        environment.put("LANG", "C");
    }

    @Test
    void theJdkThatIsNewEnoughIsTakenThoughThePathHasAnOlderOne() throws Exception {
        var older = jdk("old-jdk", "17.0.15");
        jdk("new-jdk", "25.0.3");
        builtJar();
        environment.put("PATH", older + "/bin:" + environment.get("PATH"));

        var run = run(project, "./ferry", "serve", "--port", "0");

        assertThat(run.out()).startsWith("java 25.0.3").contains("target/ferry.jar serve --port 0");
    }

    @Test
    void javaHomeComesFirstWhereItIsNewEnough() throws Exception {
        jdk("jdk", "25.0.3");
        builtJar();
        environment.put("JAVA_HOME", jdk("mine", "27-ea").toString());

        assertThat(run(project, "./ferry").out()).startsWith("java 27-ea");
    }

    @Test
    void aJavaHomeThatIsTooOldIsPassedOver() throws Exception {
        jdk("jdk", "25.0.3");
        builtJar();
        environment.put("JAVA_HOME", jdk("mine", "21.0.1").toString());

        assertThat(run(project, "./ferry").out()).startsWith("java 25.0.3");
    }

    @Test
    void theJavaOfThePathIsFollowedToItsJdk() throws Exception {
        var programs = Path.of(environment.getOrDefault("PATH", "").split(":")[0]);
        Files.createSymbolicLink(programs.resolve("java"), jdk("on-path", "26").resolve("bin/java"));
        jdk("z", "25");
        environment.put("FERRY_JDKS", jdks + "/z");
        builtJar();

        assertThat(run(project, "./ferry").out()).startsWith("java 26");
    }

    @Test
    void ofSeveralInstalledJdksTheOldestThatIsNewEnoughIsTaken() throws Exception {
        jdk("a", "26.0.1");
        jdk("b", "8u1");
        jdk("c", "25.0.3");
        jdk("d", "25.0.4");
        builtJar();

        assertThat(run(project, "./ferry").out()).startsWith("java 25.0.3");
    }

    @Test
    void aRuntimeWithoutACompilerIsNoJdk() throws Exception {
        Files.delete(jdk("jre", "25.0.3").resolve("bin/javac"));
        builtJar();

        assertThat(run(project, "./ferry").exit()).isEqualTo(1);
    }

    @Test
    void oneLineSaysWhatToInstallWhereThereIsNoJdk() throws Exception {
        jdk("old-jdk", "17.0.15");

        for (var launcher : new String[] {"ferry", "test"}) {
            var run = run(project, "./" + launcher);

            assertThat(run.exit()).isEqualTo(1);
            assertThat(run.err())
                    .startsWith(launcher + ": ")
                    .contains("version 25", "JAVA_HOME")
                    .hasLineCount(1);
            assertThat(run.out()).isEmpty();
        }
    }

    @Test
    void aMissingJarIsBuiltWithTheJdkThatWasFound() throws Exception {
        var jdk = jdk("jdk", "25.0.3");

        var run = run(project, "./ferry", "version");

        assertThat(run.exit()).isZero();
        assertThat(run.err()).startsWith("Building Ferry").contains("package with " + jdk);
        assertThat(run.out()).startsWith("java 25.0.3");
    }

    @Test
    void aJarNewerThanItsSourcesIsRunAsItIs() throws Exception {
        jdk("jdk", "25.0.3");
        builtJar();

        assertThat(run(project, "./ferry").err()).isEmpty();
    }

    @Test
    void aJarOlderThanASourceOrThePomIsBuiltAnew() throws Exception {
        jdk("jdk", "25.0.3");
        for (var changed : new String[] {"src/main/java/Main.java", "pom.xml"}) {
            old(builtJar());
            Files.setLastModifiedTime(project.resolve("target/ferry.jar"), FileTime.from(YESTERDAY.plusSeconds(60)));
            Files.setLastModifiedTime(project.resolve(changed), FileTime.from(YESTERDAY.plusSeconds(120)));

            assertThat(run(project, "./ferry").err()).contains("Building Ferry");
            assertThat(run(project, "./ferry").err()).isEmpty();
        }
    }

    @Test
    void aBuildThatFailsLeavesNoJarAndNoLock() throws Exception {
        jdk("jdk", "25.0.3");
        Files.writeString(folder.resolve("broken"), "");

        var run = run(project, "./ferry");

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err()).contains("ferry: the build failed");
        assertThat(project.resolve("target/ferry.jar")).doesNotExist();
        assertThat(Files.isSymbolicLink(project.resolve("target/build.lock"))).isFalse();
    }

    @Test
    void theLockOfABuildThatDiedIsClearedAway() throws Exception {
        jdk("jdk", "25.0.3");
        var gone = new ProcessBuilder("true").start();
        gone.waitFor();
        Files.createSymbolicLink(project.resolve("target/build.lock"), Path.of(Long.toString(gone.pid())));

        assertThat(run(project, "./ferry").err()).contains("Building Ferry");
    }

    @Test
    void aBuildWaitsForTheOneUnderWayAndThenHasNothingToDo() throws Exception {
        jdk("jdk", "25.0.3");
        var other = new ProcessBuilder("sleep", "60").start();
        var lock = project.resolve("target/build.lock");
        Files.createSymbolicLink(lock, Path.of(Long.toString(other.pid())));
        var waiting = start(project, "./ferry");
        try (var said = waiting.errorReader(StandardCharsets.UTF_8)) {
            assertThat(said.readLine()).startsWith("Waiting for another build");
            builtJar();
            other.destroyForcibly().waitFor();

            assertThat(waiting.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(said.readAllAsString()).doesNotContain("mvn");
        } finally {
            other.destroyForcibly();
            waiting.destroyForcibly();
        }
    }

    @Test
    void aSymbolicLinkInAnotherFolderRunsItThere() throws Exception {
        jdk("jdk", "25.0.3");
        builtJar();
        var elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
        Files.createSymbolicLink(elsewhere.resolve("first"), Path.of("../a project/ferry"));
        Files.createSymbolicLink(elsewhere.resolve("ferry"), Path.of("first"));

        var run = run(elsewhere, "./ferry", "serve");

        assertThat(run.out())
                .contains("in " + elsewhere.toRealPath())
                .contains(project.toRealPath() + "/target/ferry.jar");
    }

    @Test
    void optionsForTheJvmCanBeAddedAndChanged() throws Exception {
        jdk("jdk", "25.0.3");
        builtJar();
        environment.put("FERRY_JAVA_OPTS", "-Xmx1g -XX:+UseZGC");

        var run = run(project, "./ferry");

        assertThat(run.out()).contains("-Xmx256m", "-Xmx1g -XX:+UseZGC -jar").doesNotContain("SerialGC", "FERRY_J");
    }

    @Test
    void fileNamesAreUnicodeWhateverTheLocale() throws Exception {
        jdk("jdk", "25.0.3");
        builtJar();
        assertThat(run(project, "./ferry").out()).contains("LC_ALL=C.UTF-8");

        environment.put("LANG", "de_DE.utf8");
        assertThat(run(project, "./ferry").out()).contains("LC_ALL= ");
    }

    @Test
    void theTestsGetTheJdkAndTheArguments() throws Exception {
        var jdk = jdk("jdk", "25.0.3");

        assertThat(run(project, "./test", "-Dtest=Some Test").out())
                .startsWith("mvn -B -ntp verify -Dtest=Some Test with " + jdk + " in " + project.toRealPath());
    }

    /// A JDK whose `java` says what it was called with.
    private Path jdk(String name, String version) throws IOException {
        var home = jdks.resolve(name);
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"Somebody\"\nJAVA_VERSION=\"" + version + "\"\n");
        script(home.resolve("bin/javac"), "exit 0");
        script(
                home.resolve("bin/java"),
                "echo \"java " + version + " $* LC_ALL=${LC_ALL-} $(env | grep ^FERRY_) in $(pwd)\"");
        return home;
    }

    private Path builtJar() throws IOException {
        return Files.writeString(project.resolve("target/ferry.jar"), "jar");
    }

    private static void old(Path file) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(YESTERDAY));
    }

    private static void script(Path file, String lines) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + lines);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Run run(Path in, String... command) throws Exception {
        var process = start(in, command);
        try (var out = process.inputReader(StandardCharsets.UTF_8);
                var err = process.errorReader(StandardCharsets.UTF_8)) {
            var said = new Run(0, out.readAllAsString(), err.readAllAsString());
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            return new Run(process.exitValue(), said.out(), said.err());
        } finally {
            process.destroyForcibly();
        }
    }

    private Process start(Path in, String... command) throws IOException {
        var builder = new ProcessBuilder(command).directory(in.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }
}
