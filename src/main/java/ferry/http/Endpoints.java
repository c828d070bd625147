package ferry.http;

/// A room's part of the API.
public interface Endpoints {
    /// Adds the room's routes.
    void routes(Routes routes);
}
