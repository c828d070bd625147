package ferry.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.testing.Databases;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenedTest {
    private static final DatabaseSettings SETTINGS = new DatabaseSettings(2, "opened");

    @TempDir
    Path temporary;

    @Test
    void anExternalDatabaseOpensByItsUrl() {
        var owner = Databases.empty().owner();
        var url = owner.url() + "?user=" + owner.user() + "&password="
                + URLEncoder.encode(owner.password(), StandardCharsets.UTF_8) + "&ApplicationName=ferry";
        try (var opened = Opened.external(url, SETTINGS, "one", "two")) {
            String user = opened.database().system(OpenedTest::user);
            assertThat(user).isEqualTo("opened_system");
            assertThat(opened.owner().url()).endsWith("?ApplicationName=ferry");
            assertThat(opened.owner().toString()).doesNotContain(owner.password());
        }
    }

    @Test
    void aPasswordInTheUrlShowsInNoFailure() {
        var good = Databases.empty().owner().url();
        for (var url : List.of(
                good + "?user=ferry_owner&password=hunter2%21",
                "jdbc:postgresql://127.0.0.1:1/none?user=x&password=hunter2",
                "jdbc:postgresql://127.0.0.1:1/none?user=x&password=y&sslpassword=hunter2",
                "jdbc:postgresql://x:hunter2@127.0.0.1:1/none",
                "jdbc:postgresql://127.0.0.1:1/none?password=hunter2",
                "jdbc:postgresql://127.0.0.1:1/none?user=x&password=hunter2%zz",
                "postgres://x:hunter2@host/none")) {
            assertThatThrownBy(() -> Opened.external(url, SETTINGS, "one", "two"))
                    .isInstanceOf(DatabaseException.class)
                    .satisfies(failure -> assertThat(stackTrace(failure)).doesNotContain("hunter2"));
        }
    }

    @Test
    void aUrlWithoutAUserSaysWhatIsMissing() {
        for (var url : List.of("jdbc:postgresql://h/d", "jdbc:postgresql://h/d?user=&password=hunter2")) {
            assertThatThrownBy(() -> Opened.external(url, SETTINGS, "one", "two"))
                    .isInstanceOf(DatabaseException.class)
                    .hasMessageContainingAll("FERRY_DATABASE_URL names no user", "?user=")
                    .hasMessageNotContaining("\n");
        }
    }

    @Test
    void whatWasWrittenToTheEmbeddedDatabaseIsThereNextTime() {
        try (var folder = DataFolder.open(temporary.resolve("data"))) {
            try (var opened = Opened.embedded(folder, SETTINGS, "one", "two")) {
                Jdbi.create(
                                opened.owner().url(),
                                opened.owner().user(),
                                opened.owner().password())
                        .useHandle(tx -> tx.execute("create table note as select 'kept' as word"));
            }
            try (var opened = Opened.embedded(folder, SETTINGS, "other", "passwords")) {
                String user = opened.database().system(OpenedTest::user);
                assertThat(user).isEqualTo("opened_system");
                String word = Jdbi.create(
                                opened.owner().url(),
                                opened.owner().user(),
                                opened.owner().password())
                        .withHandle(tx -> tx.createQuery("select word from note")
                                .mapTo(String.class)
                                .one());
                assertThat(word).isEqualTo("kept");
            }
        }
    }

    @Test
    void theParametersArePercentDecoded() {
        assertThat(ExternalUrl.login("jdbc:postgresql://h/d?ssl=true&user=a%40b&password=p%26q"))
                .isEqualTo(new Login("jdbc:postgresql://h/d?ssl=true", "a@b", "p&q"));
    }

    private static String user(Handle tx) {
        return tx.createQuery("select current_user").mapTo(String.class).one();
    }

    private static String stackTrace(Throwable failure) {
        var text = new java.io.StringWriter();
        failure.printStackTrace(new java.io.PrintWriter(text));
        return text.toString();
    }
}
