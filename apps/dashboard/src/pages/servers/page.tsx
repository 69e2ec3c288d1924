import type { Pins, ServerState as Server } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { ago, count } from "../../lib/format.ts";
import { useSearchState } from "../../lib/navigate.ts";
import { useNow } from "../../lib/use-now.ts";
import { useRights } from "../../session/session.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, PageHead } from "../../ui/card.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Link } from "../../ui/link.tsx";
import { SERVER_AND_STATE, TOOLS } from "../../ui/server-columns.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { AddServer } from "./add-server.tsx";
import "./servers.css";

export function Page() {
  const servers = useAsk("GET servers", {}, { every: 10_000 });
  const pins = useAsk("GET pins", { query: {} }, { every: 10_000 });
  const rights = useRights();
  const [search, setSearch] = useSearchState();
  const add = (
    <Button
      look="primary"
      icon="plus"
      disabled={rights.admin()}
      onClick={() => setSearch({ add: "form" })}
    >
      Add a server
    </Button>
  );
  return (
    <>
      <PageHead
        title="Servers"
        lead="What stands behind the bridge: how each is, what it offers, and what it complains of."
        actions={add}
      />
      <Loaded query={servers} skeleton={<SkeletonLines lines={6} height="3rem" />}>
        {({ servers: all, problems }) => (
          <>
            {problems.map(({ server, level, message }) => (
              <p key={`${server} ${message}`} className="servers-problem" data-level={level}>
                <Icon name="alert" /> <strong>{server}</strong> {message}
              </p>
            ))}
            {all.length === 0 ? (
              <Empty icon="servers" title="No servers yet" action={add}>
                Add one by its address or command, or take over those of another app.
              </Empty>
            ) : (
              <Card flush>
                <DataTable
                  label="Servers"
                  rows={all.map((server) => ({ ...server, ...waitingOf(server, pins.data) }))}
                  columns={COLUMNS}
                  rowKey={({ id }) => id}
                />
              </Card>
            )}
          </>
        )}
      </Loaded>
      <AddServer way={search.add} choose={(way) => setSearch({ add: way })} />
    </>
  );
}

interface Row extends Server {
  /** How many of its definitions nobody has approved as they are; 0 where that is not told. */
  readonly waiting: number;
}

function waitingOf({ id }: Server, pins: Pins | undefined): Pick<Row, "waiting"> {
  const own = pins?.servers.find(({ server }) => server === id);
  return { waiting: own ? own.waiting.length + own.gone.length : 0 };
}

const COLUMNS: readonly Column<Row>[] = [
  ...SERVER_AND_STATE,
  {
    id: "kind",
    head: "Kind",
    wideOnly: true,
    sortBy: ({ kind }) => kind,
    cell: ({ kind, era }) => (
      <>
        {kind}
        {era === "legacy" && (
          <>
            {" "}
            <Badge title="It speaks the protocol of the handshake.">handshake</Badge>
          </>
        )}
      </>
    ),
  },
  TOOLS,
  {
    id: "prompts",
    head: "Prompts",
    align: "end",
    wideOnly: true,
    sortBy: ({ prompts }) => prompts,
    cell: ({ prompts }) => count(prompts),
  },
  {
    id: "resources",
    head: "Resources",
    align: "end",
    wideOnly: true,
    sortBy: ({ resources }) => resources,
    cell: ({ resources }) => count(resources),
  },
  {
    id: "waiting",
    head: "To approve",
    align: "end",
    wideOnly: true,
    sortBy: ({ waiting }) => waiting,
    cell: ({ id, waiting }) =>
      waiting > 0 && (
        <Link to={`/servers/${id}?tab=definitions`}>
          {count(waiting)}
          <span className="visually-hidden">
            {waiting === 1 ? " definition" : " definitions"} of {id} to approve
          </span>
        </Link>
      ),
  },
  {
    id: "restarts",
    head: "Restarts",
    align: "end",
    wideOnly: true,
    sortBy: ({ restarts }) => restarts,
    cell: ({ restarts }) => count(restarts),
  },
  {
    id: "since",
    head: "State since",
    wideOnly: true,
    sortBy: ({ since }) => since,
    cell: ({ since }) => <Since time={since} />,
  },
  {
    id: "problem",
    head: "What it says",
    grow: true,
    wideOnly: true,
    cell: ({ problem, last_error }) => (
      <span className="servers-says">{problem ?? last_error}</span>
    ),
  },
];

function Since({ time }: { readonly time: string }) {
  return ago(time, useNow(10_000));
}
