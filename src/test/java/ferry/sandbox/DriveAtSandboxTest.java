package ferry.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.FileRef;
import ferry.connector.Target;
import ferry.connector.Window;
import ferry.connector.icloud.drive.Drive;
import ferry.connector.icloud.drive.DriveFeed;
import ferry.sandbox.drive.DriveTree;
import java.io.ByteArrayInputStream;
import java.net.BindException;
import java.util.List;
import java.util.Objects;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/// The real connector reads the drives of the named accounts.
class DriveAtSandboxTest {
    private final SignedIn there = new SignedIn();
    private final DriveFeed feed = new DriveFeed();

    DriveAtSandboxTest() throws BindException {}

    @AfterEach
    void stop() {
        there.close();
    }

    private DriveTree tree(String name) {
        return there.sandbox.drives().of(there.account(name));
    }

    private void read(String name, DriveFeed feed) throws Exception {
        there.connector.data(there.reading(name), Drive.FILES, Window.ALL, feed);
    }

    private void readWithFiles(String name) throws Exception {
        feed.wanted.add(Drive.FILE);
        read(name, feed);
    }

    @Test
    void everyFileOfAnOrdinaryDriveComesWhole() throws Exception {
        readWithFiles("plain");

        assertThat(feed.complete).isTrue();
        assertThat(feed.refusals).isEmpty();
        assertThat(feed.warnings).isEmpty();
        assertThat((long) feed.items.size())
                .isEqualTo(tree("plain").folders() + tree("plain").files());
        assertThat((long) feed.published.size()).isEqualTo(tree("plain").files());
        for (var item : feed.items) {
            if (item.path("data_type").asString().equals("file")) {
                var docwsid = item.path("id").asString().replaceFirst(".*/", "");
                assertThat(feed.published.get(feed.fileAt(item.path("path").asString())))
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
        readWithFiles("plain");

        var ref = feed.fileAt("/Pages/Letter to Anna.pages");
        assertThat(feed.integrity.get(ref)).isEqualTo(Target.Integrity.FORM_ONLY);
        try (var zip = new ZipInputStream(new ByteArrayInputStream(Objects.requireNonNull(feed.published.get(ref))))) {
            assertThat(Objects.requireNonNull(zip.getNextEntry()).getName()).isEqualTo("Metadata/Properties.plist");
        }
    }

    @Test
    void filesComeByReferenceInAnotherSession() throws Exception {
        read("plain", feed);
        var refs = List.of(
                feed.fileAt("/Documents/Nothing in it.txt"),
                feed.fileAt("/Documents/Makefile"),
                feed.fileAt("/Notebook/Page 1.txt"),
                feed.fileAt("/Holiday plans/Packing list.txt"));

        var later = new DriveFeed();
        there.connector.files(there.newSession("plain"), refs, later);

        assertThat(later.published).containsOnlyKeys(refs);
        assertThat(later.refusals).isEmpty();
    }

    @Test
    void aServiceThatTheAccountLacksKeepsNoFileOfAnotherBack() throws Exception {
        var reading = there.reading("not-activated");
        read("not-activated", feed);
        var ref = feed.fileAt("/Documents/Makefile");
        var photo = new FileRef("icpl.photos.original", "o:some-photo");

        there.connector.files(reading, List.of(photo, ref), feed);

        assertThat(feed.published).containsOnlyKeys(ref);
        assertThat(feed.refusals).containsExactly("o:some-photo not-activated");
    }

    @Test
    void aFileThatIsDeletedMeanwhileIsRefused() throws Exception {
        var reading = there.reading("plain");
        read("plain", feed);
        var ref = feed.fileAt("/Documents/Makefile");
        tree("plain").remove(tree("plain").named("Makefile").orElseThrow());

        there.connector.files(reading, List.of(ref), feed);

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

        read("plain", changing);

        assertThat(changing.warnings).containsExactly("removed_meanwhile");
        assertThat(changing.paths()).contains("/Documents/Makefile").doesNotContain("/Holiday plans/Packing list.txt");
    }

    @Test
    void anOddDriveIsReadToItsEnd() throws Exception {
        readWithFiles("drive-odd");

        assertThat(feed.paths())
                .doesNotHaveDuplicates()
                .contains("/Short once/Part 4.txt", "/Short always/Part 4.txt", "/Outer/Inner/In the loop.txt");
        assertThat(feed.warnings).containsExactlyInAnyOrder("listing_short", "removed_meanwhile");
        assertThat(feed.complete).isFalse();
        assertThat(feed.refusals).containsExactly(feed.fileAt("/Moved away.txt").locator() + " not-retrievable");
        assertThat((long) feed.published.size()).isEqualTo(tree("drive-odd").files() - 1);
    }

    @Test
    void nothingDamagedIsPublished() throws Exception {
        readWithFiles("drive-damaged");

        assertThat(feed.refusals)
                .containsExactlyInAnyOrder(
                        feed.fileAt("/CUT_SHORT.bin").locator() + " integrity-mismatch",
                        feed.fileAt("/FLIPPED_BYTE.bin").locator() + " integrity-mismatch",
                        feed.fileAt("/PAGE_INSTEAD.bin").locator() + " integrity-mismatch",
                        feed.fileAt("/Cut package.key").locator() + " integrity-mismatch",
                        feed.fileAt("/NOT_UPLOADED.bin").locator() + " not-retrievable");
        assertThat(feed.published)
                .containsKeys(
                        feed.fileAt("/EXPIRED_ONCE.bin"),
                        feed.fileAt("/REDIRECT_ONCE.bin"),
                        feed.fileAt("/NEWLINE_IN_KEY.bin"));
        assertThat((long) feed.published.size()).isEqualTo(tree("drive-damaged").files() - 5);
    }

    @Test
    void aBusyDriveIsReadAllTheSame() throws Exception {
        read("drive-busy", feed);

        assertThat((long) feed.items.size())
                .isEqualTo(tree("drive-busy").folders() + tree("drive-busy").files());
        assertThat(there.sandbox.journal().count(entry -> entry.status() == 503))
                .isPositive();
    }

    @Test
    void aLargeDriveTakesFewCalls() throws Exception {
        read("drive-big", feed);

        assertThat((long) feed.items.size())
                .isEqualTo(tree("drive-big").folders() + tree("drive-big").files())
                .isGreaterThan(22_000);
        assertThat(feed.paths()).doesNotHaveDuplicates();
        assertThat(there.sandbox.journal().count(entry -> entry.path().contains("drivews")))
                .isLessThan(150);
    }
}
