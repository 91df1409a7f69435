/** What weight a dimension has in the overall score. */

export interface Dimension {
  id: string;
  title: string;
  weight: number;
}

export interface Share extends Dimension {
  /** Parts of 1 with and without the profile's weights. */
  share: number;
  usual: number;
}

/** The scenario's own weight times the profile's, which is 1 where it names none. */
export function shares(dimensions: readonly Dimension[], weights: Readonly<Record<string, number>>): Share[] {
  const weighted = dimensions.map((each) => each.weight * (weights[each.id] ?? 1));
  const sum = weighted.reduce((one, other) => one + other, 0);
  const usual = dimensions.reduce((total, each) => total + each.weight, 0);
  return dimensions.map((each, index) => ({
    ...each,
    share: sum > 0 ? (weighted[index] ?? 0) / sum : 0,
    usual: usual > 0 ? each.weight / usual : 0,
  }));
}
