package ferry.connector;

import ferry.crypto.Secret;
import java.util.List;
import java.util.Optional;

/// Knows one kind of source: how to sign in to it, and how to read it. Never writes to it.
///
/// One instance serves every session at once, so implementations hold no per-session state. Calls block, on a virtual
/// thread; an interrupt means stop now and is passed on as [InterruptedException]. A sink's own unchecked exception
/// passes through untouched.
public interface Connector {
    /// The source type as clients name it, such as `icloud.account`.
    String sourceType();

    /// What a source of this kind can be asked for.
    Catalogue catalogue();

    /// How the source's hosts of files have answered; empty where it is not counted.
    default Optional<FileAnswers> fileAnswers() {
        return Optional.empty();
    }

    /// Proves the password and opens a session, or says what else is needed. Exactly one attempt at the source:
    /// a refused password is never tried again.
    Login signIn(SignIn signIn, Limits limits) throws ConnectorException, InterruptedException;

    /// Goes on with a sign-in that answered [Login.CodeRequired]. Never needs the password.
    ///
    /// @param identifier the account
    /// @param open what [Login.CodeRequired#open] gave, unchanged
    Login proceed(String identifier, Secret open, NextStep step, Limits limits)
            throws ConnectorException, InterruptedException;

    /// Signs out at the source, as far as it still knows the session. May be called twice.
    void signOut(Reading reading) throws ConnectorException, InterruptedException;

    /// Reads everything of one info type, record by record.
    void info(Reading reading, String infoType, Feed feed) throws ConnectorException, InterruptedException;

    /// Reads everything of one data type within the window, record by record, and publishes the files that
    /// [Feed#wants] in passing. After a failure part-way it may be called again: the same item then comes
    /// with the same `id`.
    void data(Reading reading, String dataType, Window window, Feed feed)
            throws ConnectorException, InterruptedException;

    /// Fetches files by reference. Those that [Files#isPublished] are skipped; each other one ends in a committed
    /// [Target] or in [Files#refused].
    ///
    /// @param refs references that this connector gave out earlier, perhaps in another session of the same source
    void files(Reading reading, List<FileRef> refs, Files files) throws ConnectorException, InterruptedException;
}
