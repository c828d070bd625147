package ferry.access;

import ferry.db.Tenant;

/// The tenant. A type of its own so that no other number can stand in its place.
///
/// @param value the organisation's number, from 1
public record OrgId(long value) implements Tenant {
    @Override
    public String toString() {
        return Long.toString(value);
    }
}
