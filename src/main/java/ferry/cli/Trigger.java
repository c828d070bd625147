package ferry.cli;

import ferry.crypto.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `./ferry trigger`: makes a service with a sandbox report something that did not happen, so that a receiver can be
/// tried with it.
@Command(
        name = "trigger",
        mixinStandardHelpOptions = true,
        description = {
            "Makes a running `./ferry serve --sandbox` report an event of any kind, with data of your choice.",
            "Prints the event's id. It is listed and sent as every other event is."
        },
        footer = {
            "",
            "Examples:",
            "  ./ferry trigger poll.completed",
            "  ./ferry trigger session.expired --data '{\"id\": \"1\", \"error\": \"source-locked\"}'",
            "  ./ferry trigger task.failed --url http://127.0.0.1:8081 --token-file ./other/token"
        })
public final class Trigger implements Callable<Integer> {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    @Parameters(paramLabel = "TYPE.ACTION", description = "what happened, such as poll.completed")
    private String kind = "";

    @Option(names = "--data", paramLabel = "JSON", description = "the event's data, an object (default: {})")
    private String data = "{}";

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "where the service answers (default: http://127.0.0.1:8080)")
    private String url = "http://127.0.0.1:8080";

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "holds the token of a key (default: ./data/token, where the first start wrote it)")
    private Path tokenFile = Path.of("data", "token");

    @Override
    public Integer call() throws InterruptedException {
        var words = kind.split("\\.", -1);
        if (words.length != 2) {
            throw new CommandFailed(
                    "Say type and action with a dot between, such as poll.completed, not " + kind + ".");
        }
        var body = JSON.createObjectNode().put("type", words[0]).put("action", words[1]);
        body.set("data", data());
        try (var api = new Api(url.replaceFirst("/+$", ""), token())) {
            var made = api.send(Api.Call.post("/sandbox/trigger", body.toString()));
            spec.commandLine().getOut().println(made.at("/id").asString());
            spec.commandLine().getOut().flush();
        }
        return 0;
    }

    private JsonNode data() {
        return parsed().filter(JsonNode::isObject)
                .orElseThrow(() -> new CommandFailed("--data must be a JSON object, such as '{\"id\": \"1\"}'."));
    }

    private Optional<JsonNode> parsed() {
        try {
            return Optional.of(JSON.readTree(data));
        } catch (JacksonException _) {
            return Optional.empty();
        }
    }

    private Secret token() {
        try {
            return new Secret(Files.readString(tokenFile).strip());
        } catch (IOException e) {
            throw new CommandFailed("No token can be read from " + tokenFile + "; name its file with --token-file.", e);
        }
    }
}
