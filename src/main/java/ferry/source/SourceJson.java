package ferry.source;

import ferry.http.ListJson;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A source as the API shows it. The component order here is the field order on the wire.
public record SourceJson(
        String id,
        String resource,
        String organisation,
        String user,
        String type,
        String identifier,
        @Nullable Map<String, Object> info,
        @Nullable String parent,
        ListJson<SourceJson> children,
        String state,
        Instant dateCreated) {

    /// A source without children; those come with the relay.
    public static SourceJson of(Source source) {
        return new SourceJson(
                Long.toString(source.id()),
                "source",
                source.organisation().toString(),
                Long.toString(source.user()),
                source.type(),
                source.identifier(),
                null,
                source.parent().map(Object::toString).orElse(null),
                ListJson.empty("/sources/" + source.id() + "/children"),
                source.state().slug(),
                source.dateCreated());
    }
}
