package ferry.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.Access;
import ferry.connector.ConnectorException;
import ferry.connector.FileRef;
import ferry.connector.Limits;
import ferry.connector.Login;
import ferry.connector.Reading;
import ferry.connector.SignIn;
import ferry.connector.Target;
import ferry.connector.Window;
import ferry.connector.icloud.ICloudConnector;
import ferry.connector.icloud.ICloudSettings;
import ferry.connector.icloud.drive.Drive;
import ferry.connector.icloud.drive.DriveFeed;
import ferry.crypto.Secret;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.error.ErrorCode;
import ferry.sandbox.drive.DriveTree;
import java.io.ByteArrayInputStream;
import java.net.BindException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/// The real connector reads the drives of the named accounts.
class DriveAtSandboxTest {
    private final SandboxClock clock = SandboxClock.standing(Instant.parse("2026-11-22T12:00:00Z"));
    private final DriveFeed feed = new DriveFeed();
    private Sandbox sandbox;
    private Outbound outbound;
    private ICloudConnector connector;

    @BeforeEach
    void start() throws BindException {
        sandbox = Sandbox.start("127.0.0.1", 0, clock, SandboxOptions.DEFAULT);
        outbound = Outbound.open(EgressPolicy.of(List.of()).withLoopback());
        var settings = ICloudSettings.of(sandbox.authUrl(), sandbox.setupUrl(), sandbox.homeUrl());
        connector = new ICloudConnector(outbound, settings, clock);
    }

    @AfterEach
    void stop() {
        outbound.close();
        sandbox.close();
        assertThat(sandbox.journal().violations()).isEmpty();
    }

    private Reading signIn(String name) throws Exception {
        var identifier = name + "@sandbox.example";
        var login = connector.signIn(
                new SignIn(identifier, Map.of("password", new Secret("password")), Optional.empty()), new NoLimits());
        return new Reading(identifier, new Held(((Login.Opened) login).access()), new NoLimits());
    }

    private DriveTree tree(String name) {
        return sandbox.drives()
                .of(sandbox.accounts().find(name + "@sandbox.example").orElseThrow());
    }

    private void readWithFiles(Reading reading) throws Exception {
        feed.wanted.add(Drive.FILE);
        connector.data(reading, Drive.FILES, Window.ALL, feed);
    }

    @Test
    void everyFileOfAnOrdinaryDriveComesWhole() throws Exception {
        readWithFiles(signIn("plain"));

        assertThat(feed.complete).isTrue();
        assertThat(feed.refusals).isEmpty();
        assertThat(feed.warnings).isEmpty();
        assertThat((long) feed.items.size())
                .isEqualTo(tree("plain").folders() + tree("plain").files());
        assertThat((long) feed.published.size()).isEqualTo(tree("plain").files());
        for (var item : feed.items) {
            if (item.path("data_type").asString().equals("file")) {
                var docwsid = item.path("id").asString().replaceFirst(".*/", "");
                assertThat(feed.published.get(feed.ref(item.path("path").asString())))
                        .isEqualTo(tree("plain").bytes(docwsid));
            }
        }
        assertThat(feed.paths())
                .contains(
                        "/Keynote",
                        "/Notebook/Page 1.txt",
                        "/Documents/Invoices 2024:25/Invoice 1:2.pdf",
                        "/Documents/Caf\u00e9 Men\u00fc.TXT",
                        "/Documents/\ud83c\udf89 Party.txt",
                        "/Holiday plans/Pictures/Beach.jpg");
        assertThat(feed.at("/Holiday plans").path("shared").asBoolean()).isTrue();
    }

    @Test
    void aPackageIsAZipThatOpens() throws Exception {
        readWithFiles(signIn("plain"));

        var ref = feed.ref("/Pages/Letter to Anna.pages");
        assertThat(feed.integrity.get(ref)).isEqualTo(Target.Integrity.FORM_ONLY);
        try (var zip = new ZipInputStream(new ByteArrayInputStream(Objects.requireNonNull(feed.published.get(ref))))) {
            assertThat(Objects.requireNonNull(zip.getNextEntry()).getName()).isEqualTo("Metadata/Properties.plist");
        }
    }

    @Test
    void filesComeByReferenceInAnotherSession() throws Exception {
        connector.data(signIn("plain"), Drive.FILES, Window.ALL, feed);
        var refs = List.of(
                feed.ref("/Documents/Nothing in it.txt"),
                feed.ref("/Documents/Makefile"),
                feed.ref("/Notebook/Page 1.txt"),
                feed.ref("/Holiday plans/Packing list.txt"));

        var later = new DriveFeed();
        connector.files(signIn("plain"), refs, later);

        assertThat(later.published).containsOnlyKeys(refs);
        assertThat(later.refusals).isEmpty();
    }

    @Test
    void aServiceThatTheAccountLacksKeepsNoFileOfAnotherBack() throws Exception {
        var reading = signIn("not-activated");
        connector.data(reading, Drive.FILES, Window.ALL, feed);
        var ref = feed.ref("/Documents/Makefile");
        var photo = new FileRef("icpl.photos.original", "o:some-photo");

        assertThatThrownBy(() -> connector.files(reading, List.of(photo, ref), feed))
                .isInstanceOfSatisfying(
                        ConnectorException.Refused.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_ACTIVATED));

        assertThat(feed.published).containsOnlyKeys(ref);
    }

    @Test
    void aFileThatIsDeletedMeanwhileIsRefused() throws Exception {
        var reading = signIn("plain");
        connector.data(reading, Drive.FILES, Window.ALL, feed);
        var ref = feed.ref("/Documents/Makefile");
        tree("plain").remove(tree("plain").named("Makefile").orElseThrow());

        connector.files(reading, List.of(ref), feed);

        assertThat(feed.refusals).containsExactly(ref.locator() + " not-retrievable");
    }

    @Test
    void aFolderThatIsDeletedUnderTheWalkDoesNotStopIt() throws Exception {
        var tree = tree("plain");
        var changing = new DriveFeed() {
            @Override
            public void item(ObjectNode node) {
                super.item(node);
                if (node.path("path").asString().equals("/Holiday plans")) {
                    tree.remove(tree.named("Holiday plans").orElseThrow());
                }
            }
        };

        connector.data(signIn("plain"), Drive.FILES, Window.ALL, changing);

        assertThat(changing.warnings).containsOnlyKeys("removed_meanwhile");
        assertThat(changing.paths()).contains("/Documents/Makefile").doesNotContain("/Holiday plans/Packing list.txt");
    }

    @Test
    void anOddDriveIsReadToItsEnd() throws Exception {
        readWithFiles(signIn("drive-odd"));

        assertThat(feed.paths())
                .doesNotHaveDuplicates()
                .contains("/Short once/Part 4.txt", "/Short always/Part 4.txt", "/Outer/Inner/In the loop.txt");
        assertThat(feed.warnings).containsOnlyKeys("listing_short", "removed_meanwhile");
        assertThat(feed.complete).isFalse();
        assertThat(feed.refusals).containsExactly(feed.ref("/Moved away.txt").locator() + " not-retrievable");
        assertThat((long) feed.published.size()).isEqualTo(tree("drive-odd").files() - 1);
    }

    @Test
    void nothingDamagedIsPublished() throws Exception {
        readWithFiles(signIn("drive-damaged"));

        assertThat(feed.refusals)
                .containsExactlyInAnyOrder(
                        feed.ref("/CUT_SHORT.bin").locator() + " integrity-mismatch",
                        feed.ref("/FLIPPED_BYTE.bin").locator() + " integrity-mismatch",
                        feed.ref("/PAGE_INSTEAD.bin").locator() + " integrity-mismatch",
                        feed.ref("/Cut package.key").locator() + " integrity-mismatch",
                        feed.ref("/NOT_UPLOADED.bin").locator() + " not-retrievable");
        assertThat(feed.published)
                .containsKeys(
                        feed.ref("/EXPIRED_ONCE.bin"), feed.ref("/REDIRECT_ONCE.bin"), feed.ref("/NEWLINE_IN_KEY.bin"));
        assertThat((long) feed.published.size()).isEqualTo(tree("drive-damaged").files() - 5);
    }

    @Test
    void aBusyDriveIsReadAllTheSame() throws Exception {
        connector.data(signIn("drive-busy"), Drive.FILES, Window.ALL, feed);

        assertThat((long) feed.items.size())
                .isEqualTo(tree("drive-busy").folders() + tree("drive-busy").files());
        assertThat(sandbox.journal().count(entry -> entry.status() == 503)).isPositive();
    }

    @Test
    void aLargeDriveTakesFewCalls() throws Exception {
        connector.data(signIn("drive-big"), Drive.FILES, Window.ALL, feed);

        assertThat((long) feed.items.size())
                .isEqualTo(tree("drive-big").folders() + tree("drive-big").files())
                .isGreaterThan(22_000);
        assertThat(feed.paths()).doesNotHaveDuplicates();
        assertThat(sandbox.journal().count(entry -> entry.path().contains("drivews")))
                .isLessThan(150);
    }

    private static final class Held implements Access {
        private Secret current;

        Held(Secret first) {
            this.current = first;
        }

        @Override
        public synchronized Secret current() {
            return current;
        }

        @Override
        public synchronized Secret replace(Secret expected, Secret fresh) {
            if (current.equals(expected)) {
                current = fresh;
            }
            return current;
        }
    }

    private static final class NoLimits implements Limits {
        @Override
        public void turn(HostClass host) {}

        @Override
        public void throttled(HostClass host, Duration wait) {}

        @Override
        public int parallel(HostClass host) {
            return 4;
        }
    }
}
