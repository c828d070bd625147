package ferry.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import org.junit.jupiter.api.Test;

class CryptoTest {
    private static final Secret HUSH = new Secret("hush");
    private final MasterKey master = MasterKey.generate(new SecureRandom());

    @Test
    void aMasterKeySurvivesBeingWrittenDown() {
        var again = MasterKey.of(master.text());
        assertThat(again.sealer().open(master.sealer().seal(HUSH, "a"), "a")).isEqualTo(HUSH);
        assertThat(again.derive("tenant")).isEqualTo(master.derive("tenant"));
        assertThat(master.toString()).isEqualTo("[master key, 1 keys]");
    }

    @Test
    void aRotatedMasterKeyOpensWhatTheOldOneSealedAndDerivesTheSame() {
        var rotated = MasterKey.of(master.rotated().text());
        assertThat(rotated.sealer().open(master.sealer().seal(HUSH, "a"), "a")).isEqualTo(HUSH);
        assertThat(rotated.derive("tenant")).isEqualTo(master.derive("tenant"));
        assertThat(rotated.fingerprint().of("x", "y"))
                .isEqualTo(master.fingerprint().of("x", "y"));
        assertThatThrownBy(() -> master.sealer().open(rotated.sealer().seal(HUSH, "a"), "a"))
                .isInstanceOf(CryptoException.class);
    }

    @Test
    void aGarbledMasterKeyIsNotEchoed() {
        for (var text : new String[] {
            "", "hush", "{\"hush\":1}", master.text().reveal().replace("\"aead\":\"", "\"aead\":\"hush")
        }) {
            assertThatThrownBy(() -> MasterKey.of(new Secret(text)))
                    .isInstanceOf(CryptoException.class)
                    .hasNoCause()
                    .hasMessageNotContaining("hush");
        }
    }

    @Test
    void aValueOpensInItsContextOnly() {
        var sealed = master.sealer().seal(HUSH, "organisation/7");
        assertThatThrownBy(() -> master.sealer().open(sealed, "organisation/8"))
                .isInstanceOf(CryptoException.class)
                .hasNoCause()
                .hasMessageNotContaining("hush");
    }

    @Test
    void anOrganisationsKeySetIsRotatedUnderTheMasterKey() {
        var old = master.sealer().newKeyset("k");
        var sealed = master.sealer().keyset(old, "k").seal(HUSH, "a");
        var rotated = master.sealer().rotatedKeyset(old, "k");
        assertThat(master.sealer().keyset(rotated, "k").open(sealed, "a")).isEqualTo(HUSH);
        assertThatThrownBy(() -> master.sealer().keyset(old, "other")).isInstanceOf(CryptoException.class);
    }

    @Test
    void aFileIdIsStableBoundAndUnforgeable() {
        var keys = master.sealer().newFileIdKeyset("k");
        var ids = master.sealer().fileIds(keys, "k");
        var id = ids.issue("photo/1", "source/1");
        assertThat(ids.issue("photo/1", "source/1")).isEqualTo(id);
        assertThat(ids.open(id, "source/1")).contains("photo/1");
        assertThat(ids.open(id, "source/2")).isEmpty();
        assertThat(ids.open(id.substring(1), "source/1")).isEmpty();
        assertThat(ids.open(id + "=", "source/1")).isEmpty();
        assertThat(ids.open("", "source/1")).isEmpty();
        assertThat(ids.open("no id!", "source/1")).isEmpty();
        assertThat(ids.issue("x".repeat(110), "source/1")).hasSizeLessThanOrEqualTo(180);
        var later = master.sealer().fileIds(master.sealer().rotatedFileIdKeyset(keys, "k"), "k");
        assertThat(later.open(id, "source/1")).contains("photo/1");
        assertThat(later.issue("photo/1", "source/1")).isNotEqualTo(id);
    }

    @Test
    void aTokenWithOneWrongCharacterDoesNotLookValid() {
        var token = Tokens.newToken(new SecureRandom()).reveal();
        assertThat(token).matches("ferry_[0-9A-Za-z]{49}");
        assertThat(Tokens.looksValid(token)).isTrue();
        for (int i = 0; i < token.length(); i++) {
            var wrong = new StringBuilder(token);
            wrong.setCharAt(i, token.charAt(i) == 'a' ? 'b' : 'a');
            assertThat(Tokens.looksValid(wrong.toString())).isFalse();
        }
        assertThat(Tokens.hash(new Secret(token))).hasSize(32);
    }

    @Test
    void partsOfAFingerprintDoNotRunTogether() {
        var print = master.fingerprint();
        assertThat(print.of("p", "ab", "c"))
                .isNotEqualTo(print.of("p", "a", "bc"))
                .isNotEqualTo(print.of("pab", "c"));
        assertThat(master.derive("a")).isNotEqualTo(master.derive("b"));
    }
}
