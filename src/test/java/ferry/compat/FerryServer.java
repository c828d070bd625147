package ferry.compat;

import ferry.testing.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// Gives every class of this package the same `ferry serve --sandbox`, with a storage config that is valid; it ends
/// with the run.
final class FerryServer implements ParameterResolver {
    /// A server that runs.
    ///
    /// @param url where it answers
    /// @param token of the first organisation
    /// @param data its folder
    record Running(String url, String token, Path data, ServerProcess process, Path folder) implements AutoCloseable {
        /// A client of the first organisation.
        RicloudPy client() {
            return new RicloudPy(url, token);
        }

        @Override
        public void close() throws IOException {
            process.close();
            try (var all = Files.walk(folder)) {
                for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Running.class;
    }

    @Override
    public Running resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(ExtensionContext.Namespace.create(FerryServer.class))
                .computeIfAbsent(Running.class, _ -> start(), Running.class);
    }

    private static Running start() {
        try {
            var folder = Files.createTempDirectory("ferry-compat");
            var data = folder.resolve("data");
            var process = ServerProcess.start(
                    folder, Map.of(), "serve", "--sandbox", "--port", "0", "--data", data.toString());
            var url = process.url();
            var token = Files.readString(data.resolve("token")).strip();
            var client = new RicloudPy(url, token);
            client.finished(client.action("/configs/storage/" + storage(client) + "/test"), "/tasks");
            return new Running(url, token, data, process, folder);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String storage(RicloudPy client) {
        return client.post("/configs/storage", "{'url': 'local://compatibility/results', 'credentials': {}}")
                .at("/id")
                .asString();
    }
}
