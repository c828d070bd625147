package ferry.sandbox.photos;

import ferry.sandbox.Account;
import tools.jackson.databind.JsonNode;

/// One request, taken apart.
///
/// @param database `private`, `shared` or `public`
/// @param open whether it carries the keys to what it asks for
record Call(Account account, String database, JsonNode body, boolean open) {}
