package ferry;

import ferry.http.ApiException;
import ferry.http.Endpoints;
import ferry.http.Exchange;
import ferry.http.Routes;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Properties;

/// `GET /openapi.yaml`, and `GET /docs` that shows it: the contract as a document and as a page. They need no token,
/// since they say nothing of anyone. All of the page comes from the jar, so that it works without the internet.
final class ApiDocument implements Endpoints {
    private static final String PAGE = "/docs/";
    private static final String LIBRARY = "/META-INF/resources/webjars/swagger-ui/";
    private static final String LIBRARY_VERSION = "/META-INF/maven/org.webjars/swagger-ui/pom.properties";

    /// Scripts and calls to this service only: a token that someone enters cannot go anywhere else. The library styles
    /// its elements inline.
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
            + "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// What the page is made of. Nothing else is opened, whatever the path says.
    private static final Map<String, Part> PARTS = Map.of(
            "page.js", new Part(false, "text/javascript; charset=utf-8"),
            "swagger-ui-bundle.js", new Part(true, "text/javascript; charset=utf-8"),
            "swagger-ui.css", new Part(true, "text/css; charset=utf-8"),
            "favicon-32x32.png", new Part(true, "image/png"));

    /// @param library whether it is the library's and not ours
    private record Part(boolean library, String type) {}

    @Override
    public void routes(Routes routes) {
        routes.open("GET", "/openapi.yaml", (exchange, _) -> document(exchange));
        routes.open("GET", "/docs", (exchange, _) -> page(exchange));
        routes.open("GET", "/docs/{file}", (exchange, path) -> part(exchange, path.getOrDefault("file", "")));
    }

    private static void document(Exchange exchange) throws IOException {
        exchange.set("Content-Type", "application/yaml").respond(200, bytes("/openapi.yaml"));
    }

    private static void page(Exchange exchange) throws IOException {
        harden(exchange)
                .set("Content-Type", "text/html; charset=utf-8")
                .set("Content-Security-Policy", POLICY)
                .respond(200, bytes(PAGE + "page.html"));
    }

    private static void part(Exchange exchange, String name) throws IOException {
        var part = PARTS.get(name);
        if (part == null) {
            throw ApiException.notFound("file");
        }
        harden(exchange)
                .set("Content-Type", part.type())
                .set("Cache-Control", "public, max-age=3600")
                .respond(200, bytes(part.library() ? LIBRARY + version() + "/" + name : PAGE + name));
    }

    private static Exchange harden(Exchange exchange) {
        return exchange.set("X-Content-Type-Options", "nosniff").set("Referrer-Policy", "no-referrer");
    }

    private static String version() throws IOException {
        var properties = new Properties();
        try (var in = open(LIBRARY_VERSION)) {
            properties.load(in);
        }
        return properties.getProperty("version");
    }

    private static byte[] bytes(String resource) throws IOException {
        try (var in = open(resource)) {
            return in.readAllBytes();
        }
    }

    private static InputStream open(String resource) throws IOException {
        var in = ApiDocument.class.getResourceAsStream(resource);
        if (in == null) {
            throw new FileNotFoundException("the jar lacks " + resource);
        }
        return in;
    }
}
