package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/// The requirements R1 to R12 and R16 to R23 of the iCloud protocol each have a test that names one, as `r5Something`
/// does R5.
class RequirementsTest {
    private static final Pattern NAMED = Pattern.compile("r([0-9]+)\\p{Lu}.*");

    @Test
    void eachRequirementIsNamedByATest() {
        var named = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.ONLY_INCLUDE_TESTS).importPackages("ferry").stream()
                        .flatMap(type -> type.getMethods().stream())
                        .filter(RequirementsTest::isTest)
                        .map(method -> NAMED.matcher(method.getName()))
                        .filter(name -> name.matches())
                        .map(name -> Integer.valueOf(name.group(1)))
                        .collect(Collectors.toCollection(TreeSet::new));
        var wanted = IntStream.concat(IntStream.rangeClosed(1, 12), IntStream.rangeClosed(16, 23))
                .boxed()
                .toList();
        assertThat(named).containsAll(wanted);
    }

    private static boolean isTest(JavaMethod method) {
        return method.isAnnotatedWith(Test.class) || method.isAnnotatedWith(ParameterizedTest.class);
    }
}
