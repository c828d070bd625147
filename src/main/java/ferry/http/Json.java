package ferry.http;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.core.util.JsonRecyclerPools;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.std.StdSerializer;

/// How JSON looks on the wire: snake case, dates in UTC with six decimals, nulls shown. Reading allows the trailing
/// commas that the documented curl calls have (design: every curl of the seed page works verbatim).
public final class Json {
    private static final int DEEPEST = 32;
    private static final int LONGEST_STRING = 1 << 20;
    private static final int LONGEST_NAME = 1 << 10;
    /// Names, values and brackets: a poll of 10,000 files has as many and a few.
    private static final int MOST_TOKENS = 100_000;

    private static final DateTimeFormatter MICROS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    /// The only mapper of the API; immutable. A buffer that went back to a pool would keep the password that it
    /// last held.
    public static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
                    .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEEPEST)
                            .maxStringLength(LONGEST_STRING)
                            .maxNameLength(LONGEST_NAME)
                            .maxTokenCount(MOST_TOKENS)
                            .build())
                    .build())
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .addModule(new SimpleModule().addSerializer(Instant.class, new Dates()))
            .build();

    private Json() {}

    /// A moment as the API shows it, such as `2018-11-22T12:59:57.168354Z`.
    public static String date(Instant moment) {
        return MICROS.format(moment);
    }

    private static final class Dates extends StdSerializer<Instant> {
        Dates() {
            super(Instant.class);
        }

        @Override
        public void serialize(Instant moment, JsonGenerator out, SerializationContext context) {
            out.writeString(date(moment));
        }
    }
}
