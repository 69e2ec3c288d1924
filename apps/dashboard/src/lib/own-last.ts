/** What the bridge offers of itself comes after what people put behind it. */
const OWN = "bridge";

export function ownLast<Entry extends { readonly server: string }>(
  entries: readonly Entry[],
): readonly Entry[] {
  return [...entries].sort((a, b) => Number(a.server === OWN) - Number(b.server === OWN));
}
