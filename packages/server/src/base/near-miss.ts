/** Finds what someone meant who mistyped a name. */

/** Swaps of neighbours count as one: `PROT` is one step from `PORT` (optimal string alignment). */
const stepsBetween = (one: string, other: string): number => {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1];
      const [above = 0, left = 0, diagonal = 0] = [last[column], current[column - 1], last[column - 1]];
      let steps = Math.min(above + 1, left + 1, diagonal + (same ? 0 : 1));
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (swapped && row > 1 && column > 1) steps = Math.min(steps, (beforeLast[column - 2] ?? 0) + 1);
      current.push(steps);
    }
    beforeLast = last;
    last = current;
  }
  return last[other.length] ?? 0;
};

/** Longer ones are nobody's typing, and would cost time. */
const LONGEST = 100;

/** The name that is nearest to the given one, where it is near: about one step in each four letters. */
export const nearMiss = (given: string, names: readonly string[]): string | undefined => {
  if (given.length > LONGEST) return undefined;
  const ranked = names
    .map((name) => ({ name, steps: stepsBetween(given, name), most: Math.max(1, Math.floor(name.length / 4)) }))
    .filter(({ steps, most }) => steps <= most)
    .sort((a, b) => a.steps - b.steps);
  return ranked[0]?.name;
};
