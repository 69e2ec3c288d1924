/** Keeps the documents with the highest values that it was given, as many as it has room for. */
export function createBest(room: number) {
  // A heap with the least of them on top; of equal values the document that came first goes last.
  const documents: number[] = [];
  const values: number[] = [];

  const isLess = (a: number, b: number) => {
    const [one = 0, other = 0] = [values[a], values[b]];
    return one < other || (one === other && (documents[a] ?? 0) > (documents[b] ?? 0));
  };
  const swap = (a: number, b: number) => {
    [values[a], values[b]] = [values[b] ?? 0, values[a] ?? 0];
    [documents[a], documents[b]] = [documents[b] ?? 0, documents[a] ?? 0];
  };
  function sink(): void {
    let at = 0;
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < values.length && isLess(child, least)) least = child;
      }
      if (least === at) return;
      swap(at, least);
      at = least;
    }
  }

  return {
    add(document: number, value: number): void {
      if (values.length < room) {
        let at = values.push(value) - 1;
        documents.push(document);
        for (let above = (at - 1) >> 1; at > 0 && isLess(at, above); above = (at - 1) >> 1) {
          swap(at, above);
          at = above;
        }
      } else if (room > 0 && value > (values[0] ?? 0)) {
        values[0] = value;
        documents[0] = document;
        sink();
      }
    },
    /** In no order. */
    documents: documents as readonly number[],
  };
}
