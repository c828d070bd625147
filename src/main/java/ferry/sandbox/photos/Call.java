package ferry.sandbox.photos;

import ferry.sandbox.Account;
import tools.jackson.databind.JsonNode;

/// One request, taken apart.
///
/// @param database `private`, `shared` or `public`
record Call(Account account, String database, JsonNode body) {}
