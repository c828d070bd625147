package ferry;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/// The map of the rooms. A room uses floors below it, never its own floor or one above.
class ArchitectureTest {
    /// Ground floor first.
    private static final List<List<String>> FLOORS = List.of(
            List.of("error", "crypto", "settings", "db", "egress"),
            List.of("access", "connector"),
            List.of("http"),
            List.of("event", "permission", "audit"),
            List.of("task", "user", "key"),
            List.of("source", "storage", "webhook"),
            List.of("session", "result"),
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

    @Test
    void onlyEgressMakesConnections() {
        noClasses()
                .that()
                .resideOutsideOfPackages("ferry.egress..", "ferry.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.hc..", "java.net.http..")
                .check(CLASSES);
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
