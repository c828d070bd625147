package ferry.sandbox.cloudkit;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.Service;
import java.util.Map;

/// The web service `ckdatabasews`: each container is answered by its own service.
///
/// @param others answers for containers that nobody has
/// @param containers by name, such as `com.apple.notes`
public record Containers(Service others, Map<String, Service> containers) implements Service {
    public Containers {
        containers = Map.copyOf(containers);
    }

    @Override
    public void handle(Exchange exchange, Account account, String path) throws Exception {
        var parts = path.split("/", 5);
        var name = parts.length > 3 && path.startsWith("/database/1/") ? parts[3] : "";
        containers.getOrDefault(name, others).handle(exchange, account, path);
    }
}
