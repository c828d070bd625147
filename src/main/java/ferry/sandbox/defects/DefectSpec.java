package ferry.sandbox.defects;

import java.util.EnumMap;
import java.util.Map;

/// Describes what goes wrong; the same description always befalls the same items.
///
/// @param seed where its randomness starts
/// @param rates which share of what a defect can befall it does befall, from 0 to 1: stretches of 100 ranks,
/// folders, records or files
/// @param lasting which share of those stays so; the others are good when they are asked for again
public record DefectSpec(long seed, Map<Defect, Double> rates, double lasting) {
    /// Nothing goes wrong.
    public static final DefectSpec NONE = new DefectSpec(0, Map.of(), 0);

    /// Of what goes wrong a third stays so.
    private static final double USUALLY_LASTING = 1.0 / 3;

    public DefectSpec {
        rates = Map.copyOf(rates);
        if (!isShare(lasting) || !rates.values().stream().allMatch(DefectSpec::isShare)) {
            throw new IllegalArgumentException("a share is a number from 0 to 1");
        }
    }

    /// All kinds at the same rate.
    public static DefectSpec all(long seed, double rate) {
        var rates = new EnumMap<Defect, Double>(Defect.class);
        for (var defect : Defect.values()) {
            rates.put(defect, rate);
        }
        return new DefectSpec(seed, rates, USUALLY_LASTING);
    }

    /// The same with another rate of one kind.
    public DefectSpec with(Defect defect, double rate) {
        var all = new EnumMap<Defect, Double>(Defect.class);
        all.putAll(rates);
        all.put(defect, rate);
        return new DefectSpec(seed, all, lasting);
    }

    private static boolean isShare(double number) {
        return number >= 0 && number <= 1;
    }
}
