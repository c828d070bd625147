package ferry.sandbox.drive;

import ferry.http.Exchange;
import ferry.sandbox.FileBody;
import ferry.sandbox.OpenService;
import ferry.sandbox.Replies;
import ferry.sandbox.defects.Defect;
import ferry.sandbox.defects.Defects;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;

/// The host of the files: whoever has an address that has not expired gets the bytes, whole or in part. Mounted as
/// `drive-content`.
public final class FileHost implements OpenService {
    private final Drives drives;
    private final InstantSource clock;

    public FileHost(Drives drives, InstantSource clock) {
        this.drives = drives;
        this.clock = clock;
    }

    @Override
    public void handle(Exchange exchange, String path) throws IOException {
        var address = exchange.method().equals("GET") ? Address.parse(exchange.query()) : Optional.<Address>empty();
        var node = address.flatMap(a -> drives.known(a.dsid()).flatMap(drive -> drive.find(a.docwsid())));
        if (address.isEmpty()) {
            Replies.empty(exchange, 403);
        } else if (!clock.instant().isBefore(address.get().expires())) {
            Replies.empty(exchange, 410);
        } else if (node.isEmpty()) {
            Replies.empty(exchange, 404);
        } else if (node.get().oddity() == Oddity.REDIRECT_ONCE && address.get().time() == 1) {
            Replies.empty(exchange, 330);
        } else {
            send(
                    exchange,
                    node.get(),
                    drives.known(address.get().dsid()).orElseThrow().defects());
        }
    }

    /// A package is known by its form alone, so that a byte in the midst of it is never another.
    private static void send(Exchange exchange, Node node, Defects defects) throws IOException {
        var content = node.content().orElseThrow();
        var bytes = content.bytes();
        if (node.oddity() == Oddity.PAGE_INSTEAD || defects.strikes(Defect.HTML_BODY, node.docwsid())) {
            bytes = FileBody.page();
        } else if (node.oddity() == Oddity.CUT_SHORT || defects.strikes(Defect.TRUNCATED_BODY, node.docwsid())) {
            bytes = FileBody.cutShort(bytes);
        } else if (node.oddity() == Oddity.FLIPPED_BYTE
                || (!content.isPackage() && defects.strikes(Defect.SWAPPED_BYTES, node.docwsid()))) {
            bytes = FileBody.flipped(bytes);
        }
        FileBody.send(exchange, bytes);
    }
}
