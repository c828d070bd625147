package ferry.sandbox.findmy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.ConnectorException;
import ferry.connector.Window;
import ferry.connector.icloud.findmy.FindMy;
import ferry.connector.icloud.web.Differences;
import ferry.connector.icloud.web.KeptFeed;
import ferry.sandbox.SignedIn;
import java.net.BindException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The real connector reads the devices of the named accounts.
class FindMyAtSandboxTest {
    private final SignedIn there = new SignedIn();

    FindMyAtSandboxTest() throws BindException {}

    @AfterEach
    void stop() {
        there.close();
    }

    private KeptFeed read(String name) throws Exception {
        return checked(name, there.read(name, FindMy.DEVICES));
    }

    private KeptFeed readFamily(String name) throws Exception {
        var feed = new KeptFeed();
        new FindMy(there.calls(name), true).devices(Window.ALL, feed, Differences.Before.NOTHING);
        return checked(name, feed);
    }

    private KeptFeed checked(String name, KeptFeed feed) {
        assertThat(feed.schemaErrors(FindMy.DEVICES)).isEmpty();
        assertThat(list(name).locateRequests()).isZero();
        return feed;
    }

    private DeviceList list(String name) {
        return there.sandbox.devices().of(there.account(name));
    }

    @Test
    void theOwnersDevicesComeAndNobodyElses() throws Exception {
        var feed = read("plain");
        assertThat(feed.items)
                .hasSize(5)
                .allMatch(device -> device.path("member").isNull());
        assertThat(feed.ids())
                .isEqualTo(
                        list("plain").ids().stream().map(id -> "device:" + id).toList());
        assertThat(feed.items).filteredOn(d -> d.path("location").isObject()).hasSize(4);
        assertThat(there.asked("plain", "/initClient")).isEqualTo(1);
        assertThat(there.asked("plain", "/refreshClient")).isZero();
    }

    @Test
    void theFamilyComesWhereItIsWanted() throws Exception {
        var feed = readFamily("plain");
        assertThat(feed.items).hasSize(9);
        assertThat(feed.items)
                .filteredOn(d -> !d.path("member").isNull())
                .hasSize(4)
                .allMatch(d -> d.at("/member/last_name").asString().equals("Sandbox"));
        assertThat(feed.complete).isTrue();
    }

    @Test
    void aFamilyThatIsNeverLoadedIsIncomplete() throws Exception {
        var feed = readFamily("find-my-stuck");
        assertThat(feed.items).hasSize(4);
        assertThat(feed.complete).isFalse();
        assertThat(there.asked("find-my-stuck", "/refreshClient")).isEqualTo(1);
    }

    @Test
    void aLostDeviceSaysSo() throws Exception {
        var id = list("plain").ids().getFirst();
        list("plain").lose(id, "Call me", "+44 7700 900123");
        var device = read("plain").item("device:" + id);
        assertThat(device.path("lost_mode").asBoolean()).isTrue();
        assertThat(device.at("/lost/message").asString()).isEqualTo("Call me");
        assertThat(device.path("date_lost").asString()).isEqualTo("2026-11-22T12:00:00.000Z");
    }

    @Test
    void a450AfterAQuarterOfAnHourIsHealedByOpeningTheAccountAnew() throws Exception {
        read("plain");
        there.clock.advance(FindMyService.LIFE);
        assertThat(read("plain").items).hasSize(5);
        assertThat(there.sandbox.journal().entries()).anyMatch(entry -> entry.status() == 450);
        assertThat(there.sandbox.journal().count(entry -> entry.path().endsWith("/signin/complete")))
                .as("proofs of the password")
                .isEqualTo(1);
        there.clock.advance(Duration.ofMinutes(1));
        assertThat(read("plain").items).hasSize(5);
    }

    @Test
    void a450ThatStaysIsFindMysAlone() {
        assertThatThrownBy(() -> read("find-my-closed"))
                .isInstanceOf(ConnectorException.Refused.class)
                .hasMessageContaining("450");
        assertThat(there.asked("find-my-closed", "/initClient")).isEqualTo(3);
    }

    @Test
    void oddDevicesAreReadAsFarAsTheyCanBe() throws Exception {
        var feed = read("find-my-odd");
        assertThat(feed.items).hasSize(6);
        assertThat(feed.refusals).containsExactly("device:#1 not-retrievable");
        assertThat(feed.item("device:ODD-NOWHERE").path("location").isNull()).isTrue();
        assertThat(feed.item("device:ODD-NOWHERE").path("status_raw").asString())
                .isEqualTo("299");
    }

    @Test
    void anAccountWithoutDevicesSaysWhy() throws Exception {
        var feed = read("find-my-not-agreed");
        assertThat(feed.items).isEmpty();
        assertThat(feed.warnings).containsExactly("no_devices");
    }
}
