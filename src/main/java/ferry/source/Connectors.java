package ferry.source;

import ferry.connector.Connector;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// The connectors this service has, by the source type they read.
public final class Connectors {
    private final Map<String, Connector> byType = new LinkedHashMap<>();

    /// @param connectors in the order messages name them; a clash stops the start
    public Connectors(List<Connector> connectors) {
        for (var connector : connectors) {
            if (byType.put(connector.sourceType(), connector) != null) {
                throw new IllegalArgumentException("two connectors for " + connector.sourceType());
            }
        }
    }

    /// The connector of a source type.
    public Optional<Connector> of(String sourceType) {
        return Optional.ofNullable(byType.get(sourceType));
    }

    /// The connector of a source that is already in the table.
    public Connector of(Source source) {
        return of(source.type())
                .orElseThrow(() -> new IllegalStateException("no connector reads " + source.type() + " any more"));
    }

    /// Every source type that can be read.
    public Set<String> sourceTypes() {
        return new TreeSet<>(byType.keySet());
    }

    /// All connectors.
    public List<Connector> all() {
        return List.copyOf(byType.values());
    }
}
