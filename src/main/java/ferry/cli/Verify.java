package ferry.cli;

import ferry.crypto.AgeIdentities;
import ferry.crypto.Secret;
import ferry.manifest.PublicKeys;
import ferry.manifest.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;

/// `./ferry verify`: compares what lies in a bucket with a poll's manifest. Needs no service and no database.
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = {
            "Compares the objects of a poll with its manifest, offline: its signature, each object's presence, size,",
            "MD5 and SHA-256, and that nothing else lies there. Prints a line for each thing that is wrong.",
            "Exit code 0 where all is as the manifest says and it is signed with KEY, 1 where anything is not,",
            "3 where only --key is wanting."
        },
        footer = {
            "",
            "Without --key only the manifest and its signature are compared with each other, and the output says so:",
            "whoever can write to the bucket could have made both. The keys are in GET /organisation, manifest_keys.",
            "",
            "Examples:",
            "  ./ferry verify data/buckets/my-bucket/results/01a205bf-…/manifest.json --key organisation.pem",
            "  ./ferry verify manifest.json --bucket copied/01a205bf-… --key organisation.pem --identity key.txt"
        })
public final class Verify implements Callable<Integer> {
    /// All fits, and nobody says whose it is.
    private static final int UNTRUSTED = 3;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    @Parameters(paramLabel = "MANIFEST", description = "the manifest.json; its manifest.json.sig lies beside it")
    @SuppressWarnings("NullAway.Init") // picocli demands it
    private Path manifest;

    @Option(
            names = "--bucket",
            paramLabel = "DIR",
            description = "the folder that the keys in the manifest are relative to (default: the manifest's own);"
                    + " nothing outside it is looked at")
    private @Nullable Path bucket;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description = "the organisation's public key: a file with PEM, one or more, or a key itself")
    private @Nullable String key;

    @Option(
            names = "--identity",
            paramLabel = "FILE",
            description = "an age identity: encrypted objects are decrypted and compared, not only measured")
    private @Nullable Path identity;

    @Override
    public Integer call() throws IOException {
        var file = manifest.toAbsolutePath().normalize();
        if (!Files.isRegularFile(file)) {
            throw new CommandFailed("There is no manifest " + manifest + ".");
        }
        if (bucket != null && !Files.isDirectory(bucket)) {
            throw new CommandFailed("There is no folder " + bucket + ".");
        }
        var trusted = Optional.ofNullable(key).map(Verify::keys);
        var identities = identity == null ? Optional.<AgeIdentities>empty() : Optional.of(identities(identity));
        try (var bar = new Bar("verify", Bar.isTerminal())) {
            var out = spec.commandLine().getOut();
            var found = new Verification(
                            file, Optional.ofNullable(bucket), trusted, identities, new Verification.Watcher() {
                                @Override
                                public void problem(String line) {
                                    out.println(line);
                                }

                                @Override
                                public void progress(long done, long total) {
                                    bar.at(done, total);
                                }
                            })
                    .run();
            report(found, trusted.isPresent());
            return code(found, trusted.isPresent());
        } catch (JacksonException _) {
            throw new CommandFailed(manifest + " is no manifest: it is not JSON.");
        }
    }

    /// A script that forgets --key must not take anybody's manifest for the organisation's.
    private static int code(Verification.Found found, boolean trusted) {
        if (found.problems() > 0) {
            return 1;
        }
        return trusted ? 0 : UNTRUSTED;
    }

    private void report(Verification.Found found, boolean trusted) {
        var out = spec.commandLine().getOut();
        out.println("Poll " + found.poll() + ", completed " + found.completed() + ".");
        if (found.unread() > 0) {
            out.printf(
                    Locale.ROOT,
                    "%,d encrypted objects were compared by their size alone; --identity compares what is in them.%n",
                    found.unread());
        }
        if (!trusted) {
            out.println("No --key was given, so nothing says that the manifest is the organisation's. It is signed"
                    + " with key " + found.key() + ".");
        }
        if (!found.complete()) {
            out.println("The manifest says that the poll got less than was asked for; its errors name what.");
        }
        out.printf(
                Locale.ROOT,
                "%s: %,d objects, %,d bytes compared, %,d problems%s%n",
                verdict(found, trusted),
                found.objects(),
                found.bytes(),
                found.problems(),
                trusted && found.problems() == 0 ? ", signed with key " + found.key() : "");
        out.flush();
    }

    private static String verdict(Verification.Found found, boolean trusted) {
        if (found.problems() > 0) {
            return "Not verified";
        }
        return trusted ? "Verified" : "Only self-consistent";
    }

    /// A file, or the key itself.
    private static PublicKeys keys(String given) {
        try {
            var file = Path.of(given);
            var text = Files.isRegularFile(file) ? Files.readString(file) : given;
            return PublicKeys.of(text).orElseThrow(() -> noKey(given));
        } catch (InvalidPathException _) {
            return PublicKeys.of(given).orElseThrow(() -> noKey(given));
        } catch (IOException e) {
            throw new CommandFailed("The key " + given + " cannot be read.", e);
        }
    }

    private static CommandFailed noKey(String given) {
        return new CommandFailed(
                given.length() > 200
                        ? "This is no Ed25519 public key."
                        : given + " is neither a file with an Ed25519 public key nor such a key.");
    }

    private static AgeIdentities identities(Path file) throws IOException {
        try {
            return AgeIdentities.of(new Secret(Files.readString(file)));
        } catch (NoSuchFileException _) {
            throw new CommandFailed("There is no identity file " + file + ".");
        }
    }
}
