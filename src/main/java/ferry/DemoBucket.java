package ferry;

import ferry.cli.Landing;
import ferry.sandbox.s3.S3Server;
import java.io.IOException;
import java.time.Clock;

/// Where a demo publishes, and how it gets at what was published.
sealed interface DemoBucket extends AutoCloseable {
    /// The body that makes the storage config.
    String config();

    /// Where the results come to lie on this machine.
    Landing landing();

    @Override
    void close();

    /// A folder below the data folder.
    record Local() implements DemoBucket {
        @Override
        public String config() {
            return """
                    {"url": "local://getting-started/results"}""";
        }

        @Override
        public Landing landing() {
            return new Landing.InPlace();
        }

        @Override
        public void close() {}
    }

    /// A simulated S3 that ends with the demo; the results are downloaded first, to where a local bucket has them.
    record S3(S3Server server, Landing landing) implements DemoBucket {
        static S3 start(DemoFolder folder) throws IOException {
            var server = S3Server.start("127.0.0.1", 0, folder.path().resolve("s3"), Clock.systemUTC());
            return new S3(server, new Landing.Downloaded(folder.buckets()));
        }

        @Override
        public String config() {
            return """
                    {"url": "s3://%s/results", "endpoint": "%s", "signed_urls_enabled": true, \
                    "credentials": {"access_key_id": "%s", "secret_access_key": "%s"}}""".formatted(S3Server.BUCKET, server.url(), S3Server.ACCESS_KEY_ID, S3Server.SECRET_ACCESS_KEY);
        }

        @Override
        public void close() {
            server.close();
        }
    }
}
