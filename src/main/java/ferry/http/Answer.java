package ferry.http;

/// What a request is answered with. The body is never empty: clients parse it whatever the status.
///
/// @param status the HTTP status
/// @param body written as JSON
public record Answer(int status, Object body) {
    /// The resource as it stands.
    public static Answer ok(Object body) {
        return new Answer(200, body);
    }

    /// A resource that this request made.
    public static Answer created(Object body) {
        return new Answer(201, body);
    }
}
