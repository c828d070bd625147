package ferry;

/// Which Ferry this is.
public final class Version {
    /// As in the POM; `dev` where it does not run from the jar.
    public static final String TEXT = text();

    private Version() {}

    private static String text() {
        var version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }
}
