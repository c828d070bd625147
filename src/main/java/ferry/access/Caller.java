package ferry.access;

/// Who is asking: resolved once from the `Authorization: Token` header, then passed by hand.
///
/// @param organisation the tenant
/// @param key the key whose token came
/// @param permissions what that key may do
public record Caller(OrgId organisation, long key, Permissions permissions) {}
