package ferry.http;

import java.util.Optional;
import java.util.UUID;

/// Reads the two families of ids (ricloud-api 1): UUIDs, and numbers that travel as strings.
final class Ids {
    private Ids() {}

    static Optional<UUID> uuid(String text) {
        if (text.length() != 36) {
            return Optional.empty();
        }
        try {
            return Optional.of(UUID.fromString(text));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    static Optional<Long> number(String text) {
        try {
            return Optional.of(Long.parseLong(text)).filter(number -> number > 0);
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }
}
