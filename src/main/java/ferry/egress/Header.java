package ferry.egress;

/// A header as it goes over the wire. Prints its name only: values hold cookies and tokens.
///
/// @param name a token of RFC 9110; compared without regard to case
/// @param value without line breaks or other control characters
public record Header(String name, String value) {
    public Header {
        if (name.isEmpty() || !name.chars().allMatch(Header::inName)) {
            throw new IllegalArgumentException("not the name of a header");
        }
        if (!value.chars().allMatch(Header::inValue)) {
            throw new IllegalArgumentException("the value of " + name + " holds what a header cannot carry");
        }
    }

    @Override
    public String toString() {
        return name + ": …";
    }

    private static boolean inName(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
    }

    private static boolean inValue(int c) {
        return c == '\t' || (c >= ' ' && c != 0x7f && c <= 0xff);
    }
}
