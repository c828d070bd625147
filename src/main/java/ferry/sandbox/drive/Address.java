package ferry.sandbox.drive;

import static java.nio.charset.StandardCharsets.UTF_8;

import ferry.sandbox.photos.Checksum;
import java.net.URLEncoder;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

/// A download address in the shape of Apple's. Anyone who has it may download until it expires; `s` signs what it says.
///
/// @param dsid whose drive it leads into
/// @param time how many addresses of the document were given out, this one included
record Address(long dsid, String docwsid, int time, Instant expires) {
    private static final Base64.Encoder TEXT = Base64.getUrlEncoder().withoutPadding();
    private static final byte[] KEY = "signs the addresses of drives".getBytes(UTF_8);

    /// The whole address.
    ///
    /// @param origin the sandbox's own, such as `http://127.0.0.1:8081`
    String text(String origin, Node node) {
        boolean isPackage = node.content().map(Content::isPackage).orElse(false);
        var path = isPackage
                ? "/packageDownload"
                : "/B/" + TEXT.encodeToString(target().getBytes(UTF_8)).substring(0, 20) + "/"
                        + URLEncoder.encode(node.filename(), UTF_8);
        var query = "o=" + TEXT.encodeToString(target().getBytes(UTF_8)) + "&v=1&x=3&e=" + expires.getEpochSecond()
                + "&k=d3JhcHBpbmc&fl=&ckc=com.apple.clouddocs&ckz=" + node.zone();
        return origin + "/drive-content" + path + "?" + query + "&s=" + signature(query);
    }

    /// What an address leads to, or empty where it is none of ours or was tampered with.
    static Optional<Address> parse(String query) {
        int end = query.lastIndexOf("&s=");
        if (end < 0 || !signature(query.substring(0, end)).equals(query.substring(end + 3))) {
            return Optional.empty();
        }
        var target = new String(Base64.getUrlDecoder().decode(value(query, "o=")), UTF_8).split(" ", 3);
        var expires = Instant.ofEpochSecond(Long.parseLong(value(query, "&e=")));
        return Optional.of(new Address(Long.parseLong(target[0]), target[2], Integer.parseInt(target[1]), expires));
    }

    private String target() {
        return dsid + " " + time + " " + docwsid;
    }

    private static String value(String query, String name) {
        int start = query.indexOf(name) + name.length();
        return query.substring(start, query.indexOf('&', start));
    }

    private static String signature(String query) {
        var digest = Checksum.sha1();
        digest.update(KEY);
        digest.update(query.getBytes(UTF_8));
        return TEXT.encodeToString(digest.digest());
    }
}
