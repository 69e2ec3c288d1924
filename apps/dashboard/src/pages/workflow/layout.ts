import { connectionsOf } from "./connections.ts";
import { type Definition, idsOf } from "./definition.ts";

export interface Place {
  readonly x: number;
  readonly y: number;
}

const WIDTH = 260;
const HEIGHT = 120;

/** Steps in columns: each right of all that it waits for. */
export function placesOf(definition: Definition): ReadonlyMap<string, Place> {
  const ids = idsOf(definition);
  const connections = connectionsOf(definition);
  const columns = new Map(ids.map((id) => [id, 0]));
  // A circle, which is refused when it is saved, ends this after as many rounds as there are steps.
  for (let round = 0; round < ids.length; round += 1) {
    let moved = false;
    for (const { from, to } of connections) {
      const column = (columns.get(from) ?? 0) + 1;
      if (column > (columns.get(to) ?? 0) && column <= ids.length) {
        columns.set(to, column);
        moved = true;
      }
    }
    if (!moved) break;
  }
  const rows = new Map<number, number>();
  return new Map(
    ids.map((id) => {
      const column = columns.get(id) ?? 0;
      const row = rows.get(column) ?? 0;
      rows.set(column, row + 1);
      return [id, { x: column * WIDTH, y: row * HEIGHT }];
    }),
  );
}
