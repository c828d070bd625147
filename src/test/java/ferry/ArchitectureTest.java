package ferry;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/// The map of the rooms. A room uses floors below it, never its own floor or one above.
class ArchitectureTest {
    /// Ground floor first.
    private static final List<List<String>> FLOORS = List.of(
            List.of("error", "crypto", "settings", "db", "egress"),
            List.of("access", "connector", "form"),
            List.of("http"),
            List.of("event", "permission", "audit"),
            List.of("task", "user", "key"),
            List.of("source", "storage", "webhook"),
            List.of("session", "result", "manifest"),
            List.of("poll"),
            List.of("subscription", "organisation"),
            List.of("erasure", "connect", "console", "relay", "sandbox", "cli"));

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("ferry");

    @Test
    void roomsUseOnlyTheFloorsBelowThem() {
        var wrong = new TreeSet<String>();
        for (var user : CLASSES) {
            var room = room(user);
            if (room.isEmpty()) {
                continue; // App and Main stand above all
            }
            for (var dependency : user.getDirectDependenciesFromSelf()) {
                var used = room(dependency.getTargetClass());
                var isOurs = dependency.getTargetClass().getPackageName().startsWith("ferry");
                if (isOurs && !used.equals(room) && floor(used) >= floor(room)) {
                    wrong.add(user.getName() + " uses "
                            + dependency.getTargetClass().getName());
                }
            }
        }
        Assertions.assertThat(wrong).isEmpty();
    }

    @Test
    void everyRoomIsOnTheMap() {
        var rooms = new TreeSet<String>();
        CLASSES.forEach(c -> rooms.add(room(c)));
        var known = new ArrayList<String>(List.of(""));
        FLOORS.forEach(known::addAll);
        Assertions.assertThat(known).containsAll(rooms);
    }

    /// ADR 0023.
    @Test
    void whatReadersOfICloudShareKnowsNoneOfThemAndTheyKnowNothingAboveThem() {
        noClasses()
                .that()
                .resideInAPackage("ferry.connector.icloud.web")
                .should()
                .dependOnClassesThat(JavaClass.Predicates.resideInAPackage("ferry.connector.icloud..")
                        .and(JavaClass.Predicates.resideOutsideOfPackage("ferry.connector.icloud.web")))
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("ferry.connector.icloud.*..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("ferry.connector.icloud")
                .check(CLASSES);
    }

    @Test
    void onlyHttpKnowsTheServersLibrary() {
        noClasses()
                .that()
                .resideOutsideOfPackage("ferry.http..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.helidon..")
                .check(CLASSES);
    }

    @Test
    void onlyTaskKnowsTheScheduler() {
        noClasses()
                .that()
                .resideOutsideOfPackage("ferry.task..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.github.kagkarlsson..")
                .check(CLASSES);
    }

    /// The commands that a person types call where that person says.
    @Test
    void onlyEgressMakesConnections() {
        noClasses()
                .that()
                .resideOutsideOfPackages("ferry.egress..", "ferry.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.apache.hc..",
                        "java.net.http..",
                        "io.helidon.webclient..",
                        "javax.naming..",
                        "java.rmi..",
                        "sun.net..",
                        "com.sun.net..")
                .orShould()
                .dependOnClassesThat(named(
                        java.net.Socket.class,
                        java.net.DatagramSocket.class,
                        java.net.MulticastSocket.class,
                        java.net.URLConnection.class,
                        java.net.HttpURLConnection.class,
                        java.net.JarURLConnection.class,
                        javax.net.SocketFactory.class,
                        javax.net.ssl.SSLSocketFactory.class,
                        javax.net.ssl.SSLSocket.class,
                        javax.net.ssl.SSLEngine.class,
                        java.nio.channels.SocketChannel.class,
                        java.nio.channels.DatagramChannel.class,
                        java.nio.channels.AsynchronousSocketChannel.class))
                .orShould()
                .callMethodWhere(opensUrl())
                .because("every connection must go through the guard of ferry.egress")
                .check(CLASSES);
    }

    private static DescribedPredicate<JavaClass> named(Class<?>... types) {
        var names = Arrays.stream(types).map(Class::getName).toList();
        return DescribedPredicate.describe("one of " + names, type -> names.contains(type.getName()));
    }

    private static DescribedPredicate<JavaMethodCall> opensUrl() {
        return DescribedPredicate.describe(
                "opens a URL",
                call -> call.getTargetOwner().getName().equals("java.net.URL")
                        && List.of("openStream", "openConnection", "getContent").contains(call.getName()));
    }

    /// A redirect is a call of its own, which the guard checks; whoever goes where an answer says is looked at here
    /// first. Google says where an upload is to be sent; only the reader of iCloud follows redirects.
    @Test
    void onlyTheReaderOfICloudAndUploadsToGoogleGoWhereAnAnswerSays() throws IOException {
        var readers = new TreeSet<String>();
        try (var files = Files.walk(Path.of("src/main/java"))) {
            for (var file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                if (Files.readString(file).contains("header(\"Location\")")) {
                    readers.add(file.getFileName().toString());
                }
            }
        }
        Assertions.assertThat(readers).containsExactly("GcsCalls.java", "ServiceCalls.java");
    }

    @Test
    void theConnectorDoesNotKnowTheSandbox() {
        noClasses()
                .that()
                .resideInAPackage("ferry.connector..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("ferry.sandbox..")
                .check(CLASSES);
    }

    @Test
    void everyPackageSaysWhatItHolds() {
        var bare = new TreeSet<String>();
        CLASSES.forEach(c -> bare.add(c.getPackageName()));
        CLASSES.stream()
                .filter(c -> c.getSimpleName().equals("package-info"))
                .forEach(c -> bare.remove(c.getPackageName()));
        Assertions.assertThat(bare).isEmpty();
    }

    private static String room(JavaClass type) {
        var name = type.getPackageName();
        return name.startsWith("ferry.") ? name.substring("ferry.".length()).split("\\.", 2)[0] : "";
    }

    private static int floor(String room) {
        for (int floor = 0; floor < FLOORS.size(); floor++) {
            if (FLOORS.get(floor).contains(room)) {
                return floor;
            }
        }
        return FLOORS.size();
    }
}
