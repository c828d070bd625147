package ferry.storage.gcs;

import ferry.egress.Call;
import ferry.storage.PublishException;
import ferry.storage.Publisher.Head;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/// A bucket's addresses, and what is asked of it on more than one way.
///
/// @param base where the store answers
record GcsBucket(String name, URI base, GcsCalls calls) {
    /// Its objects, or one of them.
    ///
    /// @param rest what follows: a query, or a slash and an [#encoded] key
    URI objects(String rest) {
        return url("/storage/v1/b/" + name + "/o" + rest);
    }

    /// Where an object is sent to.
    ///
    /// @param type Google's word for the way
    URI uploads(String type) {
        return url("/upload/storage/v1/b/" + name + "/o?uploadType=" + type + "&fields=name,size,md5Hash");
    }

    /// What lies under a key, learned by listing.
    Optional<Head> head(String key) throws PublishException, InterruptedException {
        var url = objects("?maxResults=1&fields=items(name,size,md5Hash)&prefix=" + encoded(key) + "&startOffset="
                + encoded(key));
        var reply = calls.send(() -> Call.get(url));
        if (reply.status() != 200) {
            throw calls.failure(GcsAction.HEAD, reply);
        }
        var first = reply.body().path("items").path(0);
        if (!first.path("name").asString("").equals(key)) {
            return Optional.empty();
        }
        var md5 = Optional.of(first.path("md5Hash").asString(""))
                .filter(hash -> !hash.isEmpty())
                .map(hash -> HexFormat.of().formatHex(Base64.getDecoder().decode(hash)));
        return Optional.of(new Head(Long.parseLong(first.path("size").asString("0")), md5));
    }

    private URI url(String rest) {
        var text = base.toString();
        return URI.create((text.endsWith("/") ? text.substring(0, text.length() - 1) : text) + rest);
    }

    /// As a path or a query holds it.
    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
