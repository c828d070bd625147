package ferry.bench.publish;

import ferry.App;
import ferry.AppSettings;
import ferry.access.Scopes;
import ferry.connector.Connector;
import ferry.crypto.MasterKey;
import ferry.db.DataFolder;
import ferry.db.Database;
import ferry.db.EmbeddedPostgres;
import ferry.db.Migrations;
import ferry.db.Roles;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.erasure.Retention;
import ferry.http.WebServer;
import ferry.session.SignInBudget;
import ferry.storage.Retries;
import ferry.storage.StorageSettings;
import ferry.subscription.SubscriptionSettings;
import ferry.task.TaskSettings;
import ferry.task.UpstreamSettings;
import ferry.webhook.WebhookSettings;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Ferry, in a process of its own: all of it, on a PostgreSQL that keeps what it commits; only the connector is the
/// bench's. Arguments: a folder, where the shelf answers, how many files are pulled at once.
final class Publishing {
    private Publishing() {}

    public static void main(String[] arguments) throws Exception {
        var roles = new Roles("ferry", "tenant", "system");
        var egress = EgressPolicy.of(List.of()).withLoopback();
        try (var folder = DataFolder.open(Path.of(arguments[0]));
                var postgres = EmbeddedPostgres.start(folder)) {
            Migrations.run(postgres.owner(), roles);
            var where = postgres.owner().url();
            try (var db = Database.open(roles.tenantAt(where), roles.systemAt(where), 24);
                    var outbound = Outbound.open(egress);
                    var app = new App(
                            db,
                            Clock.systemUTC(),
                            MasterKey.generate(new SecureRandom()),
                            List.<Connector>of(new ShelfSource(outbound, arguments[1])),
                            settings(egress, Integer.parseInt(arguments[2])));
                    var server = WebServer.start("127.0.0.1", 0, app.api())) {
                app.start();
                var token = db.system(tx -> {
                    var organisation = app.organisations().create(tx, "Bench", "bench", Scopes.ALL, false);
                    return app.keys().create(tx, organisation.id()).token().reveal();
                });
                Worker.serve(_ -> server.url() + " " + token);
            }
        }
        System.exit(0);
    }

    private static AppSettings settings(EgressPolicy egress, int parallel) {
        return new AppSettings(
                URI.create("http://127.0.0.1"),
                Optional.empty(),
                TaskSettings.DEFAULT,
                new UpstreamSettings(0, 4, parallel, Duration.ofSeconds(5)),
                new SignInBudget.Settings(10_000, 10_000),
                Duration.ofHours(24),
                Retention.Settings.KEEP,
                WebhookSettings.of(egress, 8, 0, Duration.ofDays(5)),
                new StorageSettings(egress, Retries.DEFAULT),
                SubscriptionSettings.DEFAULT,
                AppSettings.Pace.STANDARD,
                Optional.empty(),
                false);
    }
}
