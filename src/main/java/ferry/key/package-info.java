/// Keys: the tokens by which an organisation's backend is known. Implements `http.Authenticator`. Start at [Keys].
@NullMarked
package ferry.key;

import org.jspecify.annotations.NullMarked;
