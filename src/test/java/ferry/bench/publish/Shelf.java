package ferry.bench.publish;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/// The HTTP server that files come from, in a process of its own: `/<load>/` lists them as a web server lists a folder,
/// `/<load>/<number>.bin` is one. Its argument: how many milliseconds away it is.
final class Shelf {
    private Shelf() {}

    public static void main(String[] arguments) throws IOException {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        System.setProperty("sun.net.httpserver.maxIdleConnections", "1000");
        var server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", Shelf::handle);
        server.start();
        var url = "http://127.0.0.1:" + Distance.to(server.getAddress().getPort(), Integer.parseInt(arguments[0]));
        Worker.serve(_ -> url);
        System.exit(0);
    }

    private static void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().getPath().split("/", -1);
            var load = Load.of(path[1]);
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.getResponseHeaders().set("Last-Modified", "Sun, 22 Nov 2026 10:00:00 GMT");
            if (path[2].isEmpty()) {
                list(exchange, load, head);
                return;
            }
            int file = Integer.parseInt(path[2].substring(0, path[2].indexOf('.')));
            exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
            if (head) {
                exchange.getResponseHeaders().set("Content-Length", Long.toString(load.size()));
                exchange.sendResponseHeaders(200, -1);
                return;
            }
            exchange.sendResponseHeaders(200, load.size());
            var piece = new byte[(int) Math.min(load.size(), 256 * 1024)];
            for (long position = 0; position < load.size(); ) {
                int length = load.read(file, position, piece);
                exchange.getResponseBody().write(piece, 0, length);
                position += length;
            }
        }
    }

    private static void list(HttpExchange exchange, Load load, boolean head) throws IOException {
        var page = new StringBuilder("<html><body>");
        for (int file = 0; file < load.objects(); file++) {
            page.append("<a href=\"")
                    .append(file)
                    .append(".bin\">")
                    .append(file)
                    .append(".bin</a>\n");
        }
        var bytes = page.append("</body></html>").toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/html");
        if (head) {
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
