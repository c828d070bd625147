package ferry.connector.icloud.contacts;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a number, address or relation is called. Apple's own labels stand in brackets of their own kind,
/// `_$!<HomeFAX>!$_`, or bare in capitals; all else are the owner's words.
final class Label {
    private static final Pattern BUILT_IN = Pattern.compile("_\\$!<(.+)>!\\$_");
    private static final Pattern WORDS = Pattern.compile("(?<=[a-z]{2})(?=[A-Z])|\\s+");
    private static final Set<String> BARE = Set.of(
            "HOME",
            "WORK",
            "SCHOOL",
            "MOBILE",
            "IPHONE",
            "MAIN",
            "OTHER",
            "PAGER",
            "HOME FAX",
            "WORK FAX",
            "OTHER FAX",
            "HOMEPAGE",
            "ANNIVERSARY");

    private Label() {}

    /// `home_fax` for `_$!<HomeFAX>!$_`; the owner's own words as they are.
    static @Nullable String normalised(@Nullable String raw) {
        if (raw == null) {
            return null;
        }
        var text = raw.strip();
        var built = BUILT_IN.matcher(text);
        if (built.matches()) {
            return word(built.group(1));
        }
        return BARE.contains(text.toUpperCase(Locale.ROOT)) ? word(text) : raw;
    }

    private static String word(String name) {
        return WORDS.matcher(name.strip()).replaceAll("_").toLowerCase(Locale.ROOT);
    }
}
