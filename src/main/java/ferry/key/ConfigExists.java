package ferry.key;

import ferry.access.OrgId;
import org.jdbi.v3.core.Handle;

/// Tells whether an organisation has a storage or webhook config of that id that it may choose. The rooms of
/// configs stand above this one, so `App` fills it.
@FunctionalInterface
public interface ConfigExists {
    /// Whether it has, and has not switched it off.
    boolean in(Handle tx, OrgId organisation, long id);
}
