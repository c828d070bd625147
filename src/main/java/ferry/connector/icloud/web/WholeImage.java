package ferry.connector.icloud.web;

import ferry.connector.Target;
import java.util.Arrays;

/// A JPEG, PNG or GIF is whole when it begins as one and ends as that kind does. Holds its first and last few
/// bytes. What is altered in between does not show.
public final class WholeImage implements Proof {
    private static final int MOST = 12;
    private static final byte[] JPEG = {(byte) 0xff, (byte) 0xd8, (byte) 0xff};
    private static final byte[] JPEG_END = {(byte) 0xff, (byte) 0xd9};
    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final byte[] PNG_END = {'I', 'E', 'N', 'D', (byte) 0xae, 'B', 0x60, (byte) 0x82};
    private static final byte[] GIF = {'G', 'I', 'F', '8'};
    private static final byte[] GIF_END = {0x3b};

    private final byte[] head = new byte[MOST];
    private final byte[] tail = new byte[MOST];
    private int begun;

    @Override
    public void restart() {
        Arrays.fill(head, (byte) 0);
        Arrays.fill(tail, (byte) 0);
        begun = 0;
    }

    @Override
    public void update(byte[] bytes, int offset, int length) {
        for (int i = 0; begun < MOST && i < length; i++) {
            head[begun] = bytes[offset + i];
            begun++;
        }
        int last = Math.min(length, MOST);
        System.arraycopy(tail, last, tail, 0, MOST - last);
        System.arraycopy(bytes, offset + length - last, tail, MOST - last, last);
    }

    @Override
    public boolean matches() {
        return is(JPEG, JPEG_END) || is(PNG, PNG_END) || is(GIF, GIF_END);
    }

    private boolean is(byte[] begin, byte[] end) {
        return Arrays.equals(head, 0, begin.length, begin, 0, begin.length)
                && Arrays.equals(tail, MOST - end.length, MOST, end, 0, end.length);
    }

    @Override
    public Target.Integrity integrity() {
        return Target.Integrity.FORM_ONLY;
    }
}
