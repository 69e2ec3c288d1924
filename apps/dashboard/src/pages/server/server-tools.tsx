import type { ToolEntry } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { Card } from "../../ui/card.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Link } from "../../ui/link.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { ToolMarks } from "../tools/tool-marks.tsx";

/** What the server offers, as the bridge lists it. */
export function ServerTools({ server }: { readonly server: string }) {
  const tools = useAsk("GET tools", { query: { server } });
  return (
    <Loaded query={tools} skeleton={<SkeletonLines lines={8} />}>
      {({ tools: all }) =>
        all.length === 0 ? (
          <Empty icon="tools" title="It lists no tools">
            What it complains of is under Stderr.
          </Empty>
        ) : (
          <Card flush>
            <DataTable
              label={`Tools of ${server}`}
              rows={all}
              columns={COLUMNS}
              rowKey={({ name }) => name}
            />
          </Card>
        )
      }
    </Loaded>
  );
}

const COLUMNS: readonly Column<ToolEntry>[] = [
  {
    id: "tool",
    head: "Tool",
    sortBy: ({ tool }) => tool,
    cell: ({ name, tool }) => (
      <Link className="table-name" to={`/tools/${encodeURIComponent(name)}`}>
        {tool}
      </Link>
    ),
  },
  {
    id: "about",
    head: "What it does",
    grow: true,
    wideOnly: true,
    cell: ({ description }) => <span className="server-about">{description}</span>,
  },
  { id: "marks", head: "May", cell: (tool) => <ToolMarks tool={tool} /> },
];
