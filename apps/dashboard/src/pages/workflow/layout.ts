import { type Connection, connectionsOf } from "./connections.ts";
import { type Definition, idsOf } from "./definition.ts";

export interface Place {
  readonly x: number;
  readonly y: number;
}

const WIDTH = 230;
const HEIGHT = 110;

/** Steps in rows: each below all that it waits for, and beside the lines that pass it. */
export function placesOf(definition: Definition): ReadonlyMap<string, Place> {
  const ids = idsOf(definition);
  const connections = connectionsOf(definition);
  const rows = rowsOf(ids, connections);
  const columns = new Map<string, number>();
  const taken = new Set<string>();
  for (const id of ids.toSorted((one, other) => rowOf(one) - rowOf(other))) {
    const row = rowOf(id);
    let column = 0;
    while (taken.has(`${row} ${column}`)) column += 1;
    columns.set(id, column);
    // A line that goes past rows goes straight down: nothing else stands there.
    const last = Math.max(row, ...connections.map(({ from, to }) => (from === id ? rowOf(to) : 0)));
    for (let at = row; at < Math.max(last, row + 1); at += 1) taken.add(`${at} ${column}`);
  }
  return new Map(
    ids.map((id) => [id, { x: (columns.get(id) ?? 0) * WIDTH, y: rowOf(id) * HEIGHT }]),
  );

  function rowOf(id: string): number {
    return rows.get(id) ?? 0;
  }
}

function rowsOf(ids: readonly string[], connections: readonly Connection[]) {
  const rows = new Map(ids.map((id) => [id, 0]));
  // A circle, which is refused when it is saved, ends this after as many rounds as there are steps.
  for (let round = 0; round < ids.length; round += 1) {
    let moved = false;
    for (const { from, to } of connections) {
      const row = (rows.get(from) ?? 0) + 1;
      if (row > (rows.get(to) ?? 0) && row <= ids.length) {
        rows.set(to, row);
        moved = true;
      }
    }
    if (!moved) break;
  }
  return rows;
}
