package ferry.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/// `docs/ricloud-compatibility.md` names every case and no other.
class CompatibilityPageTest {
    private static final Pattern CASE = Pattern.compile("`([A-Z]\\w*Test\\.\\w+)`");
    private static final List<Class<?>> CLASSES = List.of(
            TransportTest.class,
            OrganisationTest.class,
            KeysTest.class,
            UsersTest.class,
            SessionsTest.class,
            PollsTest.class,
            StorageConfigsTest.class,
            WebhooksTest.class,
            SubscriptionsTest.class,
            ResendsTest.class);

    @Test
    void everyCaseIsNamedAndNoOther() throws IOException {
        var named = new TreeSet<String>();
        CASE.matcher(Files.readString(Path.of("docs/ricloud-compatibility.md")))
                .results()
                .forEach(found -> named.add(found.group(1)));
        assertThat(named).containsAll(cases().toList()).hasSizeGreaterThan(120);
        assertThat(cases().toList()).containsAll(named);
    }

    private static Stream<String> cases() {
        return CLASSES.stream()
                .flatMap(room -> Arrays.stream(room.getDeclaredMethods())
                        .filter(CompatibilityPageTest::isCase)
                        .map(method -> room.getSimpleName() + "." + method.getName()));
    }

    private static boolean isCase(Method method) {
        return method.isAnnotationPresent(Test.class) || method.isAnnotationPresent(ParameterizedTest.class);
    }
}
