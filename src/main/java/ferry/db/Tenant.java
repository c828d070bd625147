package ferry.db;

/// Whose rows a transaction may see. Implemented by `access.OrgId` alone.
public interface Tenant {
    /// The organisation's number.
    long value();
}
