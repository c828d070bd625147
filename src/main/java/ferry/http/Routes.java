package ferry.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The table of routes. A path is literal segments and `{names}`; a literal wins over a name.
public final class Routes {
    /// No segment of a path, since a slash stands in it.
    private static final String NAMED = "/";

    private final List<Route> routes = new ArrayList<>();
    /// By their first segment; those that begin with a name under [#NAMED].
    private final Map<String, List<Route>> byFirst = new HashMap<>();

    Routes() {}

    /// Answers one authenticated request. One transaction, opened here.
    @FunctionalInterface
    public interface Endpoint {
        /// Answers, or throws [ApiException].
        Answer handle(Request request) throws InterruptedException;
    }

    /// Answers a request that needs no token, as bytes.
    @FunctionalInterface
    public interface OpenEndpoint {
        /// Responds through the exchange exactly once.
        void handle(Exchange exchange, Map<String, String> path) throws Exception;
    }

    sealed interface Action {
        record WithToken(Endpoint endpoint) implements Action {}

        record Open(OpenEndpoint endpoint) implements Action {}
    }

    record Route(String method, List<String> segments, Action action, boolean confidential, String name) {
        Route(String method, List<String> segments, Action action, boolean confidential) {
            this(method, segments, action, confidential, method + " /" + String.join("/", segments));
        }

        boolean isFor(List<String> path) {
            if (path.size() != segments.size()) {
                return false;
            }
            for (int i = 0; i < path.size(); i++) {
                if (!isName(segments.get(i)) && !segments.get(i).equals(path.get(i))) {
                    return false;
                }
            }
            return true;
        }

        Map<String, String> names(List<String> path) {
            var names = new HashMap<String, String>();
            for (int i = 0; i < path.size(); i++) {
                var segment = segments.get(i);
                if (isName(segment)) {
                    names.put(segment.substring(1, segment.length() - 1), path.get(i));
                }
            }
            return names;
        }

        boolean wantsToken() {
            return action instanceof Action.WithToken;
        }

        long literals() {
            return segments.stream().filter(segment -> !isName(segment)).count();
        }

        private static boolean isName(String segment) {
            return segment.startsWith("{");
        }
    }

    /// Adds a read.
    public void get(String path, Endpoint endpoint) {
        add("GET", path, new Action.WithToken(endpoint));
    }

    /// Adds a create, an update or an action.
    public void post(String path, Endpoint endpoint) {
        add("POST", path, new Action.WithToken(endpoint));
    }

    /// Adds a create whose body holds what nobody may keep, such as a password. Its connection ends with the
    /// answer: an open one holds the last bytes that came over it.
    public void postConfidential(String path, Endpoint endpoint) {
        add(new Route("POST", segments(path), new Action.WithToken(endpoint), true));
    }

    /// Adds a delete.
    public void delete(String path, Endpoint endpoint) {
        add("DELETE", path, new Action.WithToken(endpoint));
    }

    /// Adds a route that needs no token.
    public void open(String method, String path, OpenEndpoint endpoint) {
        add(method, path, new Action.Open(endpoint));
    }

    /// Every route as `METHOD /path`, for tests and documents.
    public List<String> list() {
        return routes.stream().map(Route::name).toList();
    }

    /// The routes of a path, whatever their method.
    List<Route> fitting(List<String> path) {
        var fitting = new ArrayList<Route>(2);
        add(fitting, byFirst.get(path.getFirst()), path);
        add(fitting, byFirst.get(NAMED), path);
        return fitting;
    }

    /// The one of a method with the most literal segments.
    static Optional<Route> best(List<Route> fitting, String method) {
        Route best = null;
        for (var route : fitting) {
            if (route.method().equals(method) && (best == null || route.literals() > best.literals())) {
                best = route;
            }
        }
        return Optional.ofNullable(best);
    }

    private static void add(List<Route> fitting, @Nullable List<Route> candidates, List<String> path) {
        if (candidates != null) {
            for (var route : candidates) {
                if (route.isFor(path)) {
                    fitting.add(route);
                }
            }
        }
    }

    private void add(String method, String path, Action action) {
        add(new Route(method, segments(path), action, false));
    }

    private void add(Route route) {
        if (routes.stream()
                .anyMatch(r -> r.method().equals(route.method()) && r.segments().equals(route.segments()))) {
            throw new IllegalArgumentException("two routes for " + route.name());
        }
        routes.add(route);
        var first = route.segments().getFirst();
        byFirst.computeIfAbsent(Route.isName(first) ? NAMED : first, _ -> new ArrayList<>())
                .add(route);
    }

    private static List<String> segments(String path) {
        return List.of(path.substring(1).split("/", -1));
    }
}
