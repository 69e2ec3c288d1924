import type { MetricRow, ServerState as Server } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { count, duration, percent } from "../../lib/format.ts";
import { Card } from "../../ui/card.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Link } from "../../ui/link.tsx";
import { SERVER_AND_STATE, TOOLS } from "../../ui/server-columns.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";

type Row = Server & { readonly metric: MetricRow | undefined };

/** Every server, how it does, and what it was asked in the last hour. */
export function ServersCard() {
  const servers = useAsk("GET servers", {}, { every: 10_000 });
  const metrics = useAsk(
    "GET metrics",
    { query: { timeframe: "1h", group_by: "server" } },
    { every: 10_000 },
  );
  const found = new Map(metrics.data?.metrics.map((row) => [row.server, row]));
  return (
    <Card
      title="Servers"
      note={servers.data && `${count(servers.data.servers.length)}, in the last hour`}
      actions={<Link to="/servers">All servers</Link>}
      flush
      className="overview-servers"
    >
      <Loaded query={servers} skeleton={<SkeletonLines lines={5} height="2.25rem" />}>
        {({ servers: all }) =>
          all.length === 0 ? (
            <Empty
              icon="servers"
              title="No servers yet"
              action={<Link to="/servers?add=form">Add a server</Link>}
            >
              The bridge has nothing behind it.
            </Empty>
          ) : (
            <DataTable
              label="Servers"
              rowKey={({ id }) => id}
              columns={COLUMNS}
              rows={all.map((each) => ({ ...each, metric: found.get(each.id) }))}
            />
          )
        }
      </Loaded>
    </Card>
  );
}

const ERAS = { modern: "Modern", legacy: "Handshake" } as const;

const COLUMNS: readonly Column<Row>[] = [
  ...SERVER_AND_STATE,
  {
    id: "era",
    head: "Era",
    wideOnly: true,
    sortBy: ({ era = "" }) => era,
    cell: ({ era, kind }) => (era ? ERAS[era] : kind),
  },
  TOOLS,
  {
    id: "calls",
    head: "Calls",
    align: "end",
    sortBy: ({ metric }) => metric?.calls ?? 0,
    cell: ({ metric }) => count(metric?.calls ?? 0),
  },
  {
    id: "success",
    head: "Success",
    align: "end",
    wideOnly: true,
    sortBy: ({ metric }) => metric?.success_rate ?? 2,
    cell: ({ metric }) => (metric?.success_rate === undefined ? "–" : percent(metric.success_rate)),
  },
  {
    id: "p95",
    head: "p95",
    align: "end",
    wideOnly: true,
    sortBy: ({ metric }) => metric?.p95_ms ?? 0,
    cell: ({ metric }) => (metric?.p95_ms === undefined ? "–" : duration(metric.p95_ms)),
  },
];
