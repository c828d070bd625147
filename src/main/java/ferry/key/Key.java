package ferry.key;

import ferry.access.OrgId;
import ferry.access.Scopes;
import java.time.Instant;
import java.util.Optional;

/// A key of an organisation. Its token is known only as a hash.
///
/// @param type `standard` or `trial`
/// @param scopes what narrows it below the organisation; empty where nothing does
/// @param storageConfig overrides the organisation's default
/// @param webhookConfig overrides the organisation's default
public record Key(
        long id,
        OrgId organisation,
        String type,
        Optional<Scopes> scopes,
        Optional<Long> storageConfig,
        Optional<Long> webhookConfig,
        KeyState state,
        Instant dateCreated,
        Optional<Instant> dateExpires) {}
