package ferry.sandbox;

import ferry.http.Exchange;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/// Writes the journal just before the answer goes out, so that who has the answer also finds the entry.
final class JournaledExchange implements Exchange {
    private final Exchange exchange;
    private final Journal journal;
    private final InstantSource clock;
    private String account = "";

    JournaledExchange(Exchange exchange, Journal journal, InstantSource clock) {
        this.exchange = exchange;
        this.journal = journal;
        this.clock = clock;
    }

    /// Says whose request it turned out to be.
    void of(Account whose) {
        account = whose.identifier();
    }

    private void answered(int status) {
        journal.add(new Journal.Entry(clock.instant(), method(), path(), account, status));
    }

    @Override
    public String method() {
        return exchange.method();
    }

    @Override
    public String path() {
        return exchange.path();
    }

    @Override
    public String query() {
        return exchange.query();
    }

    @Override
    public Optional<String> header(String name) {
        return exchange.header(name);
    }

    @Override
    public List<String> headers(String name) {
        return exchange.headers(name);
    }

    @Override
    public InputStream body() {
        return exchange.body();
    }

    @Override
    public Exchange set(String name, String value) {
        exchange.set(name, value);
        return this;
    }

    @Override
    public Exchange add(String name, String value) {
        exchange.add(name, value);
        return this;
    }

    @Override
    public void respond(int status, byte[] body) {
        answered(status);
        exchange.respond(status, body);
    }

    @Override
    public OutputStream respond(int status, long length) throws IOException {
        answered(status);
        return exchange.respond(status, length);
    }
}
