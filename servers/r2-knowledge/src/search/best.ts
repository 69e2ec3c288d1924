/**
 * Of the first `size` documents those with the highest values, at most `room`, in no order. Of equal values the
 * document that came first goes last.
 */
export function bestOf(
  found: Uint32Array,
  size: number,
  values: Float32Array | Float64Array,
  room: number,
): Uint32Array {
  // A heap with the least of them on top.
  const best = found.slice(0, Math.min(size, room));
  const isLess = (a: number, b: number) => {
    const one = values[a] as number;
    const other = values[b] as number;
    return one < other || (one === other && a > b);
  };
  function sink(from: number): void {
    const moved = best[from] as number;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= best.length) break;
      const right = child + 1;
      if (right < best.length && isLess(best[right] as number, best[child] as number))
        child = right;
      if (!isLess(best[child] as number, moved)) break;
      best[at] = best[child] as number;
      at = child;
    }
    best[at] = moved;
  }

  if (best.length === 0) return best;
  for (let at = best.length >> 1; at >= 0; at -= 1) sink(at);
  for (let at = best.length; at < size; at += 1) {
    const document = found[at] as number;
    // Those that came later are never better for it.
    if (!((values[document] as number) > (values[best[0] as number] as number))) continue;
    best[0] = document;
    sink(0);
  }
  return best;
}
