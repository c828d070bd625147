package ferry.db;

import java.lang.reflect.Type;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.function.Function;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.argument.ArgumentFactory;
import org.jdbi.v3.core.config.ConfigRegistry;
import org.jspecify.annotations.Nullable;

/// Sends an instant as what it is, a `timestamptz`. JDBC's own timestamp goes without a type, and the driver asks the
/// server for it; a statement that it has asked about goes in a message of its own (ADR 0018).
final class Moments implements ArgumentFactory.Preparable {
    @Override
    public Optional<Function<Object, Argument>> prepare(Type type, ConfigRegistry config) {
        return type == Instant.class ? Optional.of(Moments::argument) : Optional.empty();
    }

    private static Argument argument(@Nullable Object value) {
        return value instanceof Instant moment
                ? (position, statement, context) -> statement.setObject(position, moment.atOffset(ZoneOffset.UTC))
                : (position, statement, context) -> statement.setNull(position, Types.OTHER, "timestamptz");
    }
}
