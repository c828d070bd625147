package ferry.fuzz;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// Words that occur nowhere else, one for each organisation. None is part of another.
final class Canary {
    private static final String LETTERS = "bcdfghjkmpqrtvwxz";
    private static final Pattern ANY = Pattern.compile("(qxjvone|zkwptwo)[" + LETTERS + "]{3}");

    private Canary() {}

    /// @param number from 0
    static String of(int number) {
        int base = LETTERS.length();
        var word = new StringBuilder(number % 2 == 0 ? "qxjvone" : "zkwptwo");
        for (int i = 0, rest = number / 2; i < 3; i++, rest /= base) {
            word.append(LETTERS.charAt(rest % base));
        }
        return word.toString();
    }

    /// All that are in a text but one's own.
    static List<String> strangers(String text, String own) {
        return ANY.matcher(text)
                .results()
                .map(MatchResult::group)
                .filter(canary -> !canary.equals(own))
                .distinct()
                .toList();
    }
}
