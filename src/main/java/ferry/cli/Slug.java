package ferry.cli;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;

/// The short name of an organisation: lower case letters, digits, single hyphens between them.
final class Slug {
    private static final int LONGEST = 50;
    private static final Pattern SHAPE = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");
    private static final Pattern MARKS = Pattern.compile("\\p{M}+");
    private static final Pattern OTHERS = Pattern.compile("[^a-z0-9]+");
    private static final Pattern ENDS = Pattern.compile("^-+|-+$");

    private Slug() {}

    /// `Café Ölmühle` becomes `cafe-olmuhle`.
    static String of(String name) {
        var plain =
                MARKS.matcher(Normalizer.normalize(name, Normalizer.Form.NFKD)).replaceAll("");
        var slug = OTHERS.matcher(plain.toLowerCase(Locale.ROOT)).replaceAll("-");
        slug = slug.substring(0, Math.min(LONGEST, slug.length()));
        slug = ENDS.matcher(slug).replaceAll("");
        if (slug.isEmpty()) {
            throw new CommandFailed("No slug can be made of \"" + name + "\"; give one with --slug.");
        }
        return slug;
    }

    /// What was typed, if it is a slug.
    static String checked(String slug) {
        if (!SHAPE.matcher(slug).matches() || slug.length() > LONGEST) {
            throw new CommandFailed("\"" + slug + "\" is not a slug: lower case letters, digits and hyphens between "
                    + "them, " + LONGEST + " at most.");
        }
        return slug;
    }
}
