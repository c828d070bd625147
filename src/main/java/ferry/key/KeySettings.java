package ferry.key;

import ferry.access.Config;
import ferry.access.Scopes;
import java.util.Optional;

/// What an organisation decides about a key of its own.
///
/// @param storageConfig overrides the organisation's default
/// @param webhookConfig overrides the organisation's default
/// @param narrowing what it may do below the organisation
public record KeySettings(
        Optional<Long> storageConfig, Optional<Long> webhookConfig, Config config, Narrowing narrowing) {
    /// Does all that its organisation does.
    public static final KeySettings DEFAULT =
            new KeySettings(Optional.empty(), Optional.empty(), Config.EMPTY, new Narrowing.None());

    /// As these, narrowed otherwise.
    public KeySettings narrowing(Narrowing other) {
        return new KeySettings(storageConfig, webhookConfig, config, other);
    }

    /// What a key may do below its organisation.
    public sealed interface Narrowing {
        /// All that the organisation may.
        record None() implements Narrowing {}

        /// What a permission says, now and after each change of it.
        record By(long permission, Scopes scopes) implements Narrowing {}

        /// Scopes of the key's own.
        record Own(Scopes scopes) implements Narrowing {}

        /// The id of the permission, where it is one.
        default Optional<Long> named() {
            return this instanceof By by ? Optional.of(by.permission()) : Optional.empty();
        }

        /// The scopes; empty where nothing narrows.
        default Optional<Scopes> effective() {
            return switch (this) {
                case None none -> Optional.empty();
                case By by -> Optional.of(by.scopes());
                case Own own -> Optional.of(own.scopes());
            };
        }

        /// The scopes, where they are the key's own.
        default Optional<Scopes> own() {
            return this instanceof Own own ? Optional.of(own.scopes()) : Optional.empty();
        }
    }
}
