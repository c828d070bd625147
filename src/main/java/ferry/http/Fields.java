package ferry.http;

import ferry.error.ErrorCode;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Reads the fields of a body and collects all that is wrong, so that a client learns it in one answer.
/// [#check] throws what was collected; until then wrong fields read as empty.
public final class Fields {
    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant AFTER_LAST = Instant.parse("+10000-01-01T00:00:00Z");

    private final ObjectNode node;
    private final String prefix;
    private final Map<String, List<String>> problems;

    Fields(ObjectNode node) {
        this(node, "", new LinkedHashMap<>());
    }

    /// Reads an object that was kept, as if it were the value of `name` in a body.
    public static Fields kept(String name, ObjectNode node) {
        return new Fields(node, name + ".", new LinkedHashMap<>());
    }

    private Fields(ObjectNode node, String prefix, Map<String, List<String>> problems) {
        this.node = node;
        this.prefix = prefix;
        this.problems = problems;
    }

    /// Whether the field is there and not null.
    public boolean has(String name) {
        return node.hasNonNull(name);
    }

    /// A text that must be there and not blank.
    public String text(String name) {
        return optionalText(name).filter(text -> !text.isBlank()).orElseGet(() -> {
            problem(name, "is required");
            return "";
        });
    }

    /// A text or a number, as text: ids come as either.
    public Optional<String> optionalText(String name) {
        var value = node.get(name);
        if (value == null || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isString() && !value.isIntegralNumber()) {
            problem(name, "is not a text");
            return Optional.empty();
        }
        if (isNoText(value.asString())) {
            problem(name, "holds a character that is not allowed");
            return Optional.empty();
        }
        return Optional.of(value.asString());
    }

    /// A text that is no id: a number is none.
    public Optional<String> optionalWord(String name) {
        if (has(name) && !node.get(name).isString()) {
            problem(name, "is not a text");
            return Optional.empty();
        }
        return optionalText(name);
    }

    /// A number that names a resource, from 1.
    public Optional<Long> optionalNumber(String name) {
        return optionalText(name).flatMap(text -> {
            var number = Ids.number(text);
            if (number.isEmpty()) {
                problem(name, "is not an id");
            }
            return number;
        });
    }

    /// Seconds, a whole or broken number that is not negative.
    public Optional<Double> optionalSeconds(String name) {
        var value = node.get(name);
        if (value == null || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isNumber() || value.asDouble() < 0) {
            problem(name, "is not a number of seconds");
            return Optional.empty();
        }
        return Optional.of(value.asDouble());
    }

    /// True or false.
    public Optional<Boolean> optionalFlag(String name) {
        var value = node.get(name);
        if (value == null || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isBoolean()) {
            problem(name, "is neither true nor false");
            return Optional.empty();
        }
        return Optional.of(value.asBoolean());
    }

    /// An ISO 8601 date and time of the years 1 to 9999; without an offset it is UTC.
    public Optional<Instant> optionalInstant(String name) {
        return optionalText(name).flatMap(text -> {
            var moment = instant(text);
            if (moment.isEmpty()) {
                problem(name, "is not an ISO 8601 date and time of the years 1 to 9999");
            }
            return moment;
        });
    }

    /// A list of texts; empty where it is not there.
    public List<String> texts(String name) {
        var value = node.get(name);
        if (value == null || value.isNull()) {
            return List.of();
        }
        if (!value.isArray()) {
            problem(name, "is not a list");
            return List.of();
        }
        var texts = new ArrayList<String>();
        for (var item : value) {
            if (!item.isString()) {
                problem(name, "holds something that is not a text");
                return List.of();
            }
            texts.add(item.asString());
        }
        return texts;
    }

    /// The fields of an object within, sharing the problems; empty where it is not there.
    public Fields object(String name) {
        var value = node.get(name);
        if (value != null && !value.isNull() && !value.isObject()) {
            problem(name, "is not an object");
        }
        var within = value instanceof ObjectNode object ? object : JsonNodeFactory.instance.objectNode();
        return new Fields(within, prefix + name + ".", problems);
    }

    /// The object itself, as it came.
    public ObjectNode node() {
        return node;
    }

    /// Each field's name and value.
    public Map<String, JsonNode> all() {
        var all = new LinkedHashMap<String, JsonNode>();
        node.forEachEntry(all::put);
        return all;
    }

    /// Notes that something is wrong with a field.
    public void problem(String name, String what) {
        problems.computeIfAbsent(prefix + name, _ -> new ArrayList<>()).add(what);
    }

    /// Ends the reading: throws what was noted.
    ///
    /// @throws ApiException `invalid-parameter` with all that was noted
    public void check() {
        if (!problems.isEmpty()) {
            var first = problems.entrySet().iterator().next();
            throw new ApiException(
                    ErrorCode.INVALID_PARAMETER,
                    first.getKey() + " " + first.getValue().getFirst() + ".",
                    problems);
        }
    }

    /// Whether it holds what no table takes: the character NUL, or half of a surrogate pair.
    static boolean isNoText(String text) {
        return text.codePoints()
                .anyMatch(
                        point -> point == 0 || (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE));
    }

    /// ISO 8601 writes other years with a sign, which clients do not read, and the database has fewer than Java has.
    private static Optional<Instant> instant(String text) {
        return parsed(text).filter(moment -> !moment.isBefore(FIRST) && moment.isBefore(AFTER_LAST));
    }

    private static Optional<Instant> parsed(String text) {
        try {
            return Optional.of(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeParseException _) {
            try {
                return Optional.of(LocalDateTime.parse(text).toInstant(ZoneOffset.UTC));
            } catch (DateTimeParseException _) {
                return Optional.empty();
            }
        }
    }
}
