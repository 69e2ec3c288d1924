/** Nobody misspells a longer one. Comparing takes time in proportion to both lengths, and strangers send names. */
const LONGEST = 200;

/** The known name that a misspelt one most likely meant, if any is near enough. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > LONGEST) return undefined;
  const lower = name.toLowerCase();
  let nearest: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    // So many letters are missing or too many, whatever the others are.
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const distance = editDistance(lower, candidate.toLowerCase(), least);
    if (distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

/** Insertions, deletions and substitutions between two words; `enough` stands for every larger number. */
function editDistance(from: string, to: string, enough: number): number {
  let row = Uint16Array.from({ length: to.length + 1 }, (_, index) => index);
  let next = new Uint16Array(to.length + 1);
  for (let i = 1; i <= from.length; i += 1) {
    next[0] = i;
    let least = i;
    for (let j = 1; j <= to.length; j += 1) {
      const isSame = from.charCodeAt(i - 1) === to.charCodeAt(j - 1);
      const substitution = (row[j - 1] ?? 0) + (isSame ? 0 : 1);
      const cost = Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      next[j] = cost;
      if (cost < least) least = cost;
    }
    // It only grows from here.
    if (least >= enough) return enough;
    [row, next] = [next, row];
  }
  return row[to.length] ?? 0;
}
