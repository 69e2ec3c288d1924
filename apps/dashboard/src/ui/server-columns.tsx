import type { ServerState as Server } from "../api/generated.ts";
import { count } from "../lib/format.ts";
import type { Column } from "./data-table.tsx";
import { Link } from "./link.tsx";
import { ServerState } from "./server-state.tsx";

/** What every table of servers begins with: which it is, and how it stands. */
export const SERVER_AND_STATE: readonly Column<Server>[] = [
  {
    id: "server",
    head: "Server",
    sortBy: ({ id }) => id,
    cell: ({ id }) => (
      <Link className="table-name" to={`/servers/${id}`}>
        {id}
      </Link>
    ),
  },
  {
    id: "state",
    head: "State",
    sortBy: ({ state }) => state,
    cell: ({ state, problem }) => <ServerState state={state} problem={problem} />,
  },
];

export const TOOLS: Column<Server> = {
  id: "tools",
  head: "Tools",
  align: "end",
  sortBy: ({ tools }) => tools,
  cell: ({ tools }) => count(tools),
};
