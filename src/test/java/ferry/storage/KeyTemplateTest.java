package ferry.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyTemplateTest {
    private static final UUID POLL = UUID.fromString("6c1f8c0e-3f5a-4a0f-9d6d-0d1f7c0a5b11");
    private static final UUID OTHER = UUID.fromString("7d2f8c0e-3f5a-4a0f-9d6d-0d1f7c0a5b22");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{poll}/{name} | must hold {poll} and {id}, or two objects could meet under one key",
                "{id}/{name} | must hold {poll} and {id}, or two objects could meet under one key",
                "all/of/it | must hold {poll} and {id}, or two objects could meet under one key",
                "{poll}/{id}/{date} | knows {poll}, {kind}, {id} and {name}, not {date}",
                "{poll}/{id}/{} | knows {poll}, {kind}, {id} and {name}, not {}",
                "{name}/{poll}/{id} | may hold {name} only as its last part, alone between slashes",
                "{poll}/{id}-{name} | may hold {name} only as its last part, alone between slashes",
                "../{poll}/{id} | may hold letters, digits, dot, hyphen and underscore between its slashes; no part may be empty or begin with a dot",
                "/{poll}/{id} | may hold letters, digits, dot, hyphen and underscore between its slashes; no part may be empty or begin with a dot",
                "{poll}//{id} | may hold letters, digits, dot, hyphen and underscore between its slashes; no part may be empty or begin with a dot",
                "{poll}/{id}/ | may hold letters, digits, dot, hyphen and underscore between its slashes; no part may be empty or begin with a dot",
                "{poll}/Fotos é/{id} | may hold letters, digits, dot, hyphen and underscore between its slashes; no part may be empty or begin with a dot",
                "{poll}/{id}{ | may hold letters, digits, dot, hyphen and underscore between its slashes; no part may be empty or begin with a dot",
            })
    void whatIsWrongIsSaid(String text, String what) {
        assertThat(KeyTemplate.parse(text)).isEqualTo(new KeyTemplate.Parsed.Bad(what));
    }

    @Test
    void aTemplateThatIsTooLongIsSaid() {
        assertThat(KeyTemplate.parse("{poll}/{id}/" + "a".repeat(200)))
                .isEqualTo(new KeyTemplate.Parsed.Bad("is longer than 200 characters"));
    }

    @Test
    void aFileLiesWhereTheTemplateSays() {
        assertThat(template("ferry/{kind}/{poll}-{id}/{name}").file(POLL, "an id", "a.jpg"))
                .isEqualTo(List.of("ferry", "files", POLL + "-" + ObjectKey.hash("an id"), "a.jpg"));
        assertThat(template("{id}.{poll}").file(POLL, "an id", "a.jpg"))
                .isEqualTo(List.of(ObjectKey.hash("files/an id") + "." + POLL));
    }

    @Test
    void aFormLiesWhereTheTemplateSaysOrBesideItsFile() {
        var named = template("{poll}/{kind}/{id}/{name}");
        assertThat(named.form(POLL, "forms", "an id", "Work.ics", "ics"))
                .isEqualTo(List.of(POLL.toString(), "forms", ObjectKey.hash("an id"), "Work.ics"));
        assertThat(named.form(POLL, "files", "a file", "a.jpg.xmp", "xmp"))
                .isEqualTo(List.of(POLL.toString(), "files", ObjectKey.hash("a file"), "a.jpg.xmp"));
        var unnamed = template("{poll}/{id}");
        var file = unnamed.file(POLL, "a file", "a.jpg");
        var sidecar = unnamed.form(POLL, "files", "a file", "a.jpg.xmp", "xmp");
        assertThat(sidecar).isEqualTo(List.of(file.getFirst(), file.getLast() + ".xmp"));
        for (var key :
                List.of(named.form(POLL, "forms", "x", "y.md", "md"), unnamed.form(POLL, "forms", "x", "y", "jsonl"))) {
            var template = key.size() > 2 ? named : unnamed;
            assertThat(template.made(String.join("/", key))).isTrue();
            assertThat(template.made(String.join("/", key) + ".age")).isTrue();
        }
    }

    @Test
    void aFeedAlwaysCarriesItsAttempt() {
        assertThat(template("{poll}/{kind}/{id}/{name}").feed(POLL, "data", "icpl.photos", 3))
                .isEqualTo(List.of(POLL.toString(), "data", ObjectKey.hash("icpl.photos"), "3.json"));
        assertThat(template("{poll}/{kind}/{id}").feed(POLL, "data", "icpl.photos", 3))
                .isEqualTo(List.of(POLL.toString(), "data", ObjectKey.hash("icpl.photos") + ".3.json"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{poll}/{kind}/{id}/{name}",
                "{poll}/{id}",
                "{poll}{id}",
                "a/{id}/b.{poll}/{name}",
                "{kind}{poll}/{id}.x"
            })
    void noTwoObjectsMeetAndAllAreKnownAgain(String text) {
        var template = template(text);
        var keys = new HashSet<String>();
        int made = 0;
        for (var poll : List.of(POLL, OTHER)) {
            for (var id : List.of("one", "two")) {
                keys.add(String.join("/", template.file(poll, id, "a.jpg")));
                made++;
                for (var kind : List.of("data", "info")) {
                    for (int attempt = 1; attempt <= 2; attempt++) {
                        keys.add(String.join("/", template.feed(poll, kind, id, attempt)));
                        made++;
                    }
                }
            }
        }

        assertThat(keys).hasSize(made).allMatch(template::made);
    }

    /// Others keep their objects in the bucket, too, perhaps beside ours; what is not certainly ours is never swept.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "holiday/film.mov",
                "6c1f8c0e-3f5a-4a0f-9d6d-0d1f7c0a5b11/film.mov",
                "6c1f8c0e-3f5a-4a0f-9d6d-0d1f7c0a5b11/files/short/film.mov",
                "6c1f8c0e-3f5a-4a0f-9d6d-0d1f7c0a5b11/other/0123456789abcdef0123456789abcdef/film.mov",
                "6c1f8c0e-3f5a-4a0f-9d6d-0d1f7c0a5b11/files/0123456789abcdef0123456789abcdef",
                "6c1f8c0e-3f5a-4a0f-9d6d-0d1f7c0a5b11/files/0123456789abcdef0123456789abcdef/a/film.mov",
                "x/6c1f8c0e-3f5a-4a0f-9d6d-0d1f7c0a5b11/files/0123456789abcdef0123456789abcdef/film.mov"
            })
    void whatHasAnotherShapeIsNotOurs(String key) {
        assertThat(KeyTemplate.DEFAULT.made(key)).isFalse();
    }

    private static KeyTemplate template(String text) {
        return switch (KeyTemplate.parse(text)) {
            case KeyTemplate.Parsed.Good(var template) -> template;
            case KeyTemplate.Parsed.Bad(var sentence) -> throw new AssertionError(sentence);
        };
    }

    @Test
    void whatThePollsKeysBeginWithIsKnownUnlessAnIdComesFirst() {
        var poll = UUID.fromString("6c1f8c0e-3f5a-4a0f-9d6d-0d1f7c0a5b11");

        assertThat(KeyTemplate.DEFAULT.prefixes(poll)).containsExactly(poll.toString());
        assertThat(new KeyTemplate("ferry/{poll}-{id}/{name}").prefixes(poll)).containsExactly("ferry/" + poll);
        assertThat(new KeyTemplate("{kind}/{poll}/{id}").prefixes(poll))
                .containsExactly("files/" + poll, "data/" + poll, "info/" + poll, "forms/" + poll);
        assertThat(new KeyTemplate("{id}/{poll}").prefixes(poll)).isEmpty();
    }
}
