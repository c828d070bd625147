package ferry.http;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/// The conditions of a list's filters, of which those that nobody asks for are left out: each combination is a
/// statement of its own, so that the plan which the server keeps for it uses the index that fits.
final class FilterText {
    private static final Pattern OPTIONAL = Pattern.compile("\\band \\(cast\\(:(\\w+) as \\w+\\) is null\\s+or\\s+");

    /// There are as many as lists have combinations of filters.
    private static final Map<Asked, String> NARROWED = new ConcurrentHashMap<>();

    private record Asked(String where, Set<String> unasked) {}

    private FilterText() {}

    /// @param where with conditions such as `and (cast(:user as bigint) is null or end_user = :user)`
    /// @param unasked parameters that are null: their conditions go; the other ones lose their question for null
    static String without(String where, Set<String> unasked) {
        return NARROWED.computeIfAbsent(new Asked(where, unasked), asked -> cut(asked.where(), asked.unasked()));
    }

    private static String cut(String where, Set<String> unasked) {
        var text = new StringBuilder();
        var optional = OPTIONAL.matcher(where);
        int from = 0;
        while (optional.find(from)) {
            int end = closing(where, optional.end());
            text.append(where, from, optional.start());
            if (!unasked.contains(optional.group(1))) {
                text.append("and (").append(where, optional.end(), end + 1);
            }
            from = end + 1;
        }
        return text.append(where, from, where.length()).toString();
    }

    /// Where the bracket closes that is open at `from`.
    private static int closing(String where, int from) {
        int open = 1;
        for (int i = from; i < where.length(); i++) {
            switch (where.charAt(i)) {
                case '(' -> open++;
                case ')' -> open--;
                default -> {}
            }
            if (open == 0) {
                return i;
            }
        }
        throw new IllegalArgumentException("a bracket stays open: " + where);
    }
}
