package ferry.cli;

import ferry.crypto.MasterKey;
import java.security.SecureRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `./ferry master-key`: a new key set for `FERRY_MASTER_KEY`.
@Command(
        name = "master-key",
        mixinStandardHelpOptions = true,
        description = {
            "Prints a new master key for FERRY_MASTER_KEY, which an external database needs.",
            "Keep it where the database's backups are not: with both, everything can be read; without it, nothing.",
            "`rotate` exchanges the one in use, `status` shows what lies under which key."
        },
        footer = {"", "Example:", "  export FERRY_MASTER_KEY=\"$(./ferry master-key)\""})
public final class MasterKeyCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine()
                .getOut()
                .println(MasterKey.generate(new SecureRandom()).text().reveal());
    }
}
