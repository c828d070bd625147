package ferry.http;

import ferry.crypto.Secret;
import java.util.Optional;

/// A request as it came, by which its repeat is known.
final class Sent {
    private final Secret token;
    private final String method;
    private final String path;
    private final byte[] body;
    private final Optional<String> idempotencyKey;
    private final Delivery delivery;

    /// @param body may hold a password: it is hashed, never kept; not copied
    Sent(Secret token, String method, String path, byte[] body, Optional<String> idempotencyKey, Delivery delivery) {
        this.token = token;
        this.method = method;
        this.path = path;
        this.body = body;
        this.idempotencyKey = idempotencyKey;
        this.delivery = delivery;
    }

    Secret token() {
        return token;
    }

    String method() {
        return method;
    }

    String path() {
        return path;
    }

    byte[] body() {
        return body;
    }

    /// The header `Idempotency-Key`.
    Optional<String> idempotencyKey() {
        return idempotencyKey;
    }

    /// How this request's own answer goes out.
    Delivery delivery() {
        return delivery;
    }
}
