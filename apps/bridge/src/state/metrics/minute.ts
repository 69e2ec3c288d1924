import { type Cell, newCell, OTHER } from "./cell.ts";

/** Whose executions a cell counts. */
export interface CellKey {
  readonly server: string;
  readonly tool: string;
  readonly principal: string;
}

/** A cell while it is counted, and how much of it is on disk. */
export interface LiveCell extends CellKey {
  readonly cell: Cell;
  storedCalls: number;
}

/** The cells of one minute. */
export interface Minute {
  /** Epoch milliseconds. */
  readonly start: number;
  readonly cells: LiveCell[];
  cellOf(key: CellKey): Cell;
}

/** So many cells tell principals apart; so many more tell tools apart, and as many again servers. */
export const MOST_CELLS = 1_000;

/**
 * Counts one minute. Where there are more combinations than it may keep, principals are merged into
 * `(other)` first, then tools, then servers: nothing goes uncounted.
 */
export function createMinute(start: number): Minute {
  const cells: LiveCell[] = [];
  const servers = new Map<string, Map<string, Map<string, Cell>>>();

  function cellOf({ server, tool, principal }: CellKey): Cell {
    return servers.get(server)?.get(tool)?.get(principal) ?? makeRoomFor(server, tool, principal);
  }

  function makeRoomFor(server: string, tool: string, principal: string): Cell {
    if (cells.length < MOST_CELLS) return add(server, tool, principal);
    if (principal !== OTHER) return cellOf({ server, tool, principal: OTHER });
    if (cells.length < MOST_CELLS * 2) return add(server, tool, OTHER);
    if (tool !== OTHER) return cellOf({ server, tool: OTHER, principal: OTHER });
    if (cells.length < MOST_CELLS * 3 || server === OTHER) return add(server, OTHER, OTHER);
    return cellOf({ server: OTHER, tool: OTHER, principal: OTHER });
  }

  function add(server: string, tool: string, principal: string): Cell {
    const cell = newCell();
    const tools = getOrAdd(servers, server, () => new Map<string, Map<string, Cell>>());
    getOrAdd(tools, tool, () => new Map<string, Cell>()).set(principal, cell);
    cells.push({ server, tool, principal, cell, storedCalls: 0 });
    return cell;
  }

  return { start, cells, cellOf };
}

function getOrAdd<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = create();
    map.set(key, value);
  }
  return value;
}
