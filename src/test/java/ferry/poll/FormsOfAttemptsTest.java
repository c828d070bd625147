package ferry.poll;

import static org.assertj.core.api.Assertions.assertThat;

import ezvcard.Ezvcard;
import ferry.connector.Catalogue;
import ferry.connector.Connector;
import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Limits;
import ferry.connector.Login;
import ferry.connector.NextStep;
import ferry.connector.Reading;
import ferry.connector.SignIn;
import ferry.connector.Window;
import ferry.crypto.Secret;
import ferry.error.ErrorCode;
import ferry.storage.LocalBuckets;
import ferry.storage.Publishers;
import ferry.storage.StorageConfigs;
import ferry.testing.Eventually;
import ferry.testing.TestApp;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Forms of a feed that was listed more than once.
class FormsOfAttemptsTest {
    @Test
    void aFormHoldsWhatTheAttemptHasThatWonAndNothingOfTheOtherIsLeft() throws Exception {
        var source = new Flaky();
        try (var app = TestApp.start(setup -> setup.connector(source))) {
            var client = app.client();
            client.storage("local://attempts/results");
            var session = client.session(client.user("u"), "flaky.account", "f", "'password': 'password'");
            var made = client.post(
                            "/polls",
                            "{'session': '" + session.at("/id").asString() + "', 'payload': {'data_types':"
                                    + " ['icloud_contacts.contacts'], 'formats': ['vcard']}}")
                    .expect(201)
                    .at("/id")
                    .asString();
            Eventually.get(() -> source.readings.get(), n -> n == 1);
            // what an attempt leaves that is killed between the bucket and the database, of a calendar renamed since
            var left = app.buckets()
                    .resolve("attempts/results")
                    .resolve(made)
                    .resolve("forms/0123456789abcdef0123456789abcdef/renamed.ics");
            java.nio.file.Files.createDirectories(left.getParent());
            java.nio.file.Files.writeString(left, "left");
            var poll = Eventually.get(
                    () -> {
                        app.clock().advance(Duration.ofMinutes(1));
                        return client.get("/polls/" + made).expect(200);
                    },
                    p -> p.at("/state").asString().equals("completed"));

            assertThat(source.readings).hasValue(2);
            assertThat(poll.at("/tasks_failed")).isEmpty();
            var results = poll.at("/results/data")
                    .valueStream()
                    .collect(Collectors.toMap(
                            r -> r.path("identifier").asString(),
                            r -> Path.of(r.path("url").asString().replace("local://", ""))));
            assertThat(results.keySet())
                    .containsExactlyInAnyOrder("data:icloud_contacts.contacts", "form:vcard:icloud_contacts.contacts");
            var cards = Ezvcard.parse(java.nio.file.Files.readString(
                            Optional.ofNullable(results.get("form:vcard:icloud_contacts.contacts"))
                                    .orElseThrow()))
                    .all();
            assertThat(cards.stream().map(card -> card.getFormattedName().getValue()))
                    .containsExactly("Second 0", "Second 1");
            var local = new Publishers.Local(app.buckets().toRealPath(), app.db(), new LocalBuckets(app.clock()));
            new Leftovers(app.db(), new StorageConfigs(app.clock()), Publishers.local(Optional.of(local)), app.clock())
                    .sweep();
            try (var all = java.nio.file.Files.walk(app.buckets().resolve("attempts"))) {
                assertThat(all.filter(java.nio.file.Files::isRegularFile)
                                .map(file -> file.toAbsolutePath().normalize())
                                .filter(file -> !file.getFileName().toString().startsWith("manifest.json")))
                        .containsExactlyInAnyOrderElementsOf(results.values());
            }
        }
    }

    /// Breaks off after three contacts, and then has only two.
    private static final class Flaky implements Connector {
        private final AtomicInteger readings = new AtomicInteger();

        @Override
        public String sourceType() {
            return "flaky.account";
        }

        @Override
        public Catalogue catalogue() {
            return new Catalogue(Set.of(), Set.of("icloud_contacts.contacts"), Set.of(), Map.of());
        }

        @Override
        public Login signIn(SignIn signIn, Limits limits) {
            return new Login.Opened(new Secret("access"), Optional.empty(), Optional.empty());
        }

        @Override
        public Login proceed(String identifier, Secret open, NextStep step, Limits limits) {
            throw new IllegalStateException("it never asks for a second factor");
        }

        @Override
        public void signOut(Reading reading) {}

        @Override
        public void info(Reading reading, String infoType, Feed feed) {
            throw new IllegalStateException("it has no info types");
        }

        @Override
        public void data(Reading reading, String dataType, Window window, Feed feed)
                throws ConnectorException, InterruptedException {
            boolean first = readings.incrementAndGet() == 1;
            for (int i = 0; i < (first ? 3 : 2); i++) {
                feed.item(contact((first ? "First " : "Second ") + i));
            }
            if (first) {
                throw new ConnectorException.Unavailable(
                        Duration.ofSeconds(1), ErrorCode.SERVICE_UNAVAILABLE, "It broke off.");
            }
        }

        private static ObjectNode contact(String name) {
            var contact = JsonNodeFactory.instance.objectNode();
            contact.put("id", "contact:" + name).put("data_type", "contact");
            contact.putObject("name").put("given", name);
            return contact;
        }

        @Override
        public void files(Reading reading, List<FileRef> refs, Files files) {
            throw new IllegalStateException("it has no files");
        }
    }
}
