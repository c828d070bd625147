package ferry.http;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/// Reads the two families of ids (ricloud-api 1): UUIDs, and numbers that travel as strings. What is read here the
/// database reads too: the JDK by itself takes digits of any script, and groups of any length.
final class Ids {
    private static final Pattern UUIDS = Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    private static final Pattern NUMBERS = Pattern.compile("[1-9][0-9]{0,18}");

    private Ids() {}

    static Optional<UUID> uuid(String text) {
        return UUIDS.matcher(text).matches() ? Optional.of(UUID.fromString(text)) : Optional.empty();
    }

    static Optional<Long> number(String text) {
        try {
            return NUMBERS.matcher(text).matches() ? Optional.of(Long.parseLong(text)) : Optional.empty();
        } catch (NumberFormatException _) {
            return Optional.empty(); // more than a long holds
        }
    }
}
