/// Keys: the tokens by which an organisation's backend is known. Implements `http.Authenticator`. Start at
/// [Keys] for who is asking, at [KeyEndpoints] for what may be done to a key.
@NullMarked
package ferry.key;

import org.jspecify.annotations.NullMarked;
