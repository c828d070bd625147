package ferry.key;

import ferry.access.OrgId;
import java.time.Instant;
import java.util.Optional;

/// A key of an organisation. Its tokens are known only as hashes.
///
/// @param type `standard` or `trial`
/// @param state `expired` where it is otherwise active and its time is over
public record Key(
        long id,
        OrgId organisation,
        String type,
        KeySettings settings,
        KeyState state,
        Instant dateCreated,
        Optional<Instant> dateExpires) {
    /// Whether it may change what the whole organisation has, such as keys, permissions and configs: one that is
    /// narrowed, or ends with its trial, could give itself more that way.
    boolean mayManage() {
        return type.equals("standard") && settings.narrowing() instanceof KeySettings.Narrowing.None;
    }
}
