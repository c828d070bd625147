package ferry;

import com.sun.management.OperatingSystemMXBean;
import ferry.access.MasterKeys;
import ferry.crypto.CryptoException;
import ferry.db.DatabaseException;
import ferry.db.EmbeddedPostgres;
import ferry.db.Opened;
import ferry.settings.Env;
import ferry.settings.SettingException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `./ferry doctor`: looks at the machine and the settings as `serve` would find them, changes nothing, and
/// names cause and fix of what stands in the way.
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = {
            "Looks at the machine and the settings as `serve` would find them, and changes nothing.",
            "Each line says ok, warn or fail; exit code 1 if one says fail."
        },
        footer = {"", "Example:", "  ./ferry doctor --data /srv/ferry --port 8080"})
final class Doctor implements Callable<Integer> {
    private static final long MEBI = 1 << 20;
    private static final long LITTLE_MEMORY = 700 * MEBI;
    /// Below it the database cannot be relied on to start.
    private static final long NO_SPACE = 200 * MEBI;
    private static final long LITTLE_SPACE = 2048 * MEBI;

    private final Map<String, String> env;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    @Option(names = "--data", paramLabel = "DIR", description = "the data folder (default: ./data, or FERRY_DATA)")
    private @Nullable Path data;

    @Option(names = "--port", paramLabel = "N", description = "the port (default: 8080, or FERRY_PORT)")
    private @Nullable Integer port;

    @Option(names = "--host", paramLabel = "H", description = "the address (default: 127.0.0.1, or FERRY_HOST)")
    private @Nullable String host;

    /// @param env the environment that `serve` would have
    Doctor(Map<String, String> env) {
        this.env = env;
    }

    private enum Verdict {
        OK,
        WARN,
        FAIL
    }

    /// @param what the cause and, unless all is well, the fix
    private record Finding(Verdict verdict, String about, String what) {}

    @Override
    public Integer call() {
        var findings = new ArrayList<>(List.of(java(), memory(), locale()));
        try {
            var settings = settings();
            findings.add(new Finding(Verdict.OK, "settings", "can be read"));
            findings.add(folder(settings.data()));
            findings.add(disk(settings.data()));
            findings.add(database(settings));
            findings.add(masterKey(settings));
            findings.add(port(settings));
        } catch (SettingException e) {
            findings.add(new Finding(Verdict.FAIL, "settings", String.valueOf(e.getMessage())));
        }
        for (var finding : findings) {
            spec.commandLine()
                    .getOut()
                    .printf(
                            "%-4s  %-9s %s%n",
                            finding.verdict().name().toLowerCase(Locale.ROOT), finding.about(), finding.what());
        }
        return findings.stream().anyMatch(finding -> finding.verdict() == Verdict.FAIL) ? 1 : 0;
    }

    private ServiceSettings settings() {
        return ServiceSettings.read(
                new Env(env),
                new ServiceSettings.Options(
                        Optional.ofNullable(data),
                        Optional.ofNullable(host),
                        Optional.ofNullable(port),
                        Optional.empty(),
                        false,
                        false));
    }

    private static Finding java() {
        var version = Runtime.version();
        return version.feature() >= 25
                ? new Finding(Verdict.OK, "java", version + " in " + System.getProperty("java.home"))
                : new Finding(Verdict.FAIL, "java", version + " is older than 25; set JAVA_HOME to a newer one");
    }

    private static Finding memory() {
        if (!(ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system)) {
            return new Finding(Verdict.WARN, "memory", "this JVM cannot tell how much there is");
        }
        long free = system.getFreeMemorySize();
        long total = system.getTotalMemorySize();
        var text =
                size(total) + ", the heap may take " + size(Runtime.getRuntime().maxMemory());
        return total < LITTLE_MEMORY
                ? new Finding(Verdict.WARN, "memory", text + "; Ferry and its database want " + size(LITTLE_MEMORY))
                : new Finding(Verdict.OK, "memory", text + ", " + size(free) + " are unused now");
    }

    private static Finding locale() {
        var encoding = String.valueOf(System.getProperty("sun.jnu.encoding"));
        return encoding.equalsIgnoreCase("UTF-8")
                ? new Finding(Verdict.OK, "locale", "file names are UTF-8")
                : new Finding(
                        Verdict.FAIL,
                        "locale",
                        "file names are " + encoding + ", which lacks many letters; set LC_ALL=C.UTF-8");
    }

    private static Finding folder(Path folder) {
        var path = folder.toAbsolutePath().normalize();
        try {
            if (!Files.exists(path)) {
                var parent = existing(path);
                return Files.isWritable(parent)
                        ? new Finding(Verdict.OK, "folder", path + " will be made")
                        : new Finding(
                                Verdict.FAIL,
                                "folder",
                                path + " cannot be made, since " + parent
                                        + " is not writable; make it as its owner or name another with --data");
            }
            if (!Files.isDirectory(path) || !Files.isWritable(path)) {
                return new Finding(
                        Verdict.FAIL,
                        "folder",
                        path + " is not a folder that this user can write; name another with --data");
            }
            var open = EnumSet.copyOf(Files.getPosixFilePermissions(path));
            open.removeAll(EnumSet.of(
                    PosixFilePermission.OWNER_READ,
                    PosixFilePermission.OWNER_WRITE,
                    PosixFilePermission.OWNER_EXECUTE));
            return open.isEmpty()
                    ? new Finding(Verdict.OK, "folder", path + " is this user's alone")
                    : new Finding(
                            Verdict.WARN, "folder", path + " is open to other users; close it with: chmod 700 " + path);
        } catch (IOException e) {
            return new Finding(Verdict.FAIL, "folder", path + " cannot be looked at: " + e);
        }
    }

    private static Finding disk(Path folder) {
        try {
            var path = existing(folder.toAbsolutePath().normalize());
            long free = Files.getFileStore(path).getUsableSpace();
            var text = size(free) + " free at " + path;
            if (free < NO_SPACE) {
                return new Finding(Verdict.FAIL, "disk", text + "; the database needs " + size(NO_SPACE));
            }
            return free < LITTLE_SPACE
                    ? new Finding(Verdict.WARN, "disk", text + ", which a local bucket fills soon")
                    : new Finding(Verdict.OK, "disk", text);
        } catch (IOException e) {
            return new Finding(Verdict.WARN, "disk", "the free space cannot be told: " + e);
        }
    }

    private static Finding database(ServiceSettings settings) {
        try {
            if (settings.databaseUrl().isPresent()) {
                return new Finding(
                        Verdict.OK,
                        "database",
                        Opened.serverOf(settings.databaseUrl().get()) + " lets us in");
            }
            if (EmbeddedPostgres.running(settings.data()).isPresent()) {
                return new Finding(Verdict.OK, "database", "embedded, and a Ferry is running on it");
            }
            EmbeddedPostgres.refuseRootWithoutNamespaces();
            return new Finding(Verdict.OK, "database", "embedded; it starts with Ferry");
        } catch (DatabaseException e) {
            return new Finding(Verdict.FAIL, "database", String.valueOf(e.getMessage()));
        }
    }

    /// Compared with the database where that can be looked at without starting it.
    private static Finding masterKey(ServiceSettings settings) {
        var name = settings.masterKeyName();
        try {
            var key = settings.masterKey().or(() -> MasterKeyFile.read(settings.data()));
            var owner = settings.databaseUrl().map(Opened::ownerOf).or(() -> EmbeddedPostgres.running(settings.data()));
            if (key.isEmpty()) {
                return owner.isPresent() || Files.exists(settings.data().resolve("postgres"))
                        ? new Finding(
                                Verdict.FAIL,
                                "key",
                                name + " is missing beside a database; put its copy back, or nothing sealed opens")
                        : new Finding(Verdict.OK, "key", name + " will be made");
            }
            if (owner.isEmpty()) {
                return new Finding(Verdict.OK, "key", name + " can be read; the start compares it with the database");
            }
            Opened.look(owner.get(), tx -> MasterKeys.requireOpens(tx, key.get(), name));
            return new Finding(Verdict.OK, "key", name + " opens the database");
        } catch (SettingException | CryptoException e) {
            return new Finding(Verdict.FAIL, "key", String.valueOf(e.getMessage()));
        } catch (DatabaseException e) {
            return new Finding(Verdict.WARN, "key", name + " cannot be compared: " + e.getMessage());
        }
    }

    private static Finding port(ServiceSettings settings) {
        var where = settings.host() + ":" + settings.port();
        try (var probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(settings.host(), settings.port()));
            return new Finding(Verdict.OK, "port", where + " is free");
        } catch (IOException e) {
            return new Finding(
                    Verdict.FAIL,
                    "port",
                    where + " cannot be listened on (" + e.getMessage()
                            + "); stop what uses it, or choose another with --port");
        }
    }

    /// The folder itself, or the nearest one above it that is there.
    private static Path existing(Path folder) {
        var path = folder;
        while (!Files.exists(path)) {
            var parent = path.getParent();
            if (parent == null) {
                break;
            }
            path = parent;
        }
        return path;
    }

    private static String size(long bytes) {
        return bytes >= 1024 * MEBI
                ? String.format(Locale.ROOT, "%.1f GiB", bytes / (1024.0 * MEBI))
                : bytes / MEBI + " MiB";
    }
}
